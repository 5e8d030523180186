import { describe, expect, test } from 'vitest'
import { finish } from '../../src/base/steps.ts'
import { findWalkedNode } from '../../src/diagnosis/walked-node.ts'
import { prepareCodecs } from '../../src/image/codecs.ts'
import { openImage } from '../../src/image/open.ts'
import { fileSource } from '../../src/io/file-source.ts'
import { openKernel } from '../../src/kernel/open.ts'
import { stackReader } from '../../src/kernel/stacks.ts'
import { listTasks } from '../../src/kernel/task-list.ts'
import { surveyKsm } from '../../src/ksm/survey.ts'
import { truthDumps } from '../support/corpus.ts'

// The node under the walk, of every hang dump, against what drgn's locals of rmap_walk_ksm say. The longest list is not always it.

const abort = { aborted: false }
const dumps = truthDumps().filter(
  (dump) => !/^(5\.10|4\.)/.test(dump.truth.kernel.release) && dump.truth.walked !== undefined,
)

describe.each(dumps)('$name', ({ path, truth }) => {
  test("the walked node is the witness's", async () => {
    await prepareCodecs()
    const source = fileSource(path)
    const image = finish(openImage([source], { cacheBytes: 1 << 28 }, abort))
    const kernel = openKernel(image, path).kernel!
    const { tasks } = finish(listTasks(kernel, path, abort))
    const stacks = stackReader(kernel, image.cpus)
    const survey = finish(surveyKsm(kernel, path, { owners: 0, byMm: false, pagesPresent: image.pagesPresent }, abort))
    const walkers = tasks.flatMap((task) => {
      const { frames } = stacks.read(task)
      const at = frames.findIndex((frame) => frame.place?.symbol === 'rmap_walk_ksm')
      return at < 0 ? [] : [{ task, frames, at }]
    })
    expect(walkers.map(({ task }) => ({ pid: task.pid, comm: task.comm }))).toEqual(truth.walkers)
    const [walker] = walkers
    const walked = findWalkedNode(
      kernel,
      survey.layout,
      survey.nodes,
      walker!.frames,
      walker!.at,
      stacks.registers(walker!.task),
    )
    source.close()
    expect(walked && { address: `0x${walked.address.toString(16)}`, length: survey.nodes.length[walked.row] }).toEqual(
      truth.walked,
    )
  })
})
