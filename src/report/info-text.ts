import { grouped, size } from '../base/words.ts'
import type { InfoReport } from '../document/schema.ts'
import { labelled } from './layout.ts'
import { paint, type RenderOptions, type Write } from './paint.ts'
import { writeCompleteness, writeIdentity } from './parts.ts'

/** `info` for a terminal: the file, the kernel, what will work. */
export function infoText(document: InfoReport, write: Write, options: RenderOptions): void {
  const { image, kernel } = document
  const { columns } = options
  const p = paint(options.colors)
  const line = (label: string, text: string): void => write(labelled(label, text, columns))
  write(`${p.bold('File')}\n`)
  for (const input of document.inputs)
    line('input', `${input.name}: ${input.kind ?? 'unknown'}${input.bytes === null ? '' : `, ${size(input.bytes)}`}`)
  if (image) {
    const version = image.headerVersion === null ? '' : `, header version ${image.headerVersion}`
    const packing = image.compression.length > 0 ? `, ${image.compression.join(', ')}` : ''
    line('format', `${image.format}${image.flattened ? ' (flattened)' : ''}${version}${packing}`)
    const level = image.dumpLevel === null ? '' : `, dump level ${image.dumpLevel}`
    line('page frames', `up to ${image.maxPfn}, ${grouped(image.pagesPresent)} of them in the file${level}`)
    if (document.notes.length > 0) line('notes', noteSummary(document.notes))
  }
  write(`\n${p.bold('Kernel')}\n`)
  if (kernel) {
    line('machine', kernel.arch ?? 'unknown')
    if (kernel.release === null) line('release', 'unknown')
  }
  writeIdentity(document, write, columns)
  if (kernel?.buildId) line('build id', kernel.buildId)
  if (kernel?.physBase) line('phys_base', `${kernel.physBase}, KASLR offset ${kernel.kaslrOffset ?? 'unknown'}`)
  if (kernel) line('understood by', `symbols: ${kernel.symbols ?? 'none'}, types: ${kernel.types ?? 'none'}`)
  write(`\n${p.bold('What will work')}\n`)
  for (const [what, answer] of Object.entries(document.can)) line(what, answer.ok ? 'yes' : `no: ${answer.why}`)
  for (const want of document.wants) line('would help', want)
  write(`\n${p.bold('Completeness')}\n`)
  writeCompleteness(document, write, columns)
}

/** "CORE 1 (2 of 336 bytes), VMCOREINFO 0 (3,262 bytes)". */
function noteSummary(notes: InfoReport['notes']): string {
  const groups = new Map<string, { name: string; type: number; bytes: number; count: number }>()
  for (const note of notes) {
    const key = `${note.name} ${note.type} ${note.bytes}`
    const group = groups.get(key) ?? { ...note, count: 0 }
    group.count++
    groups.set(key, group)
  }
  return [...groups.values()]
    .map(
      (group) =>
        `${group.name} type ${group.type} (${group.count > 1 ? `${group.count} of ` : ''}${grouped(group.bytes)} bytes)`,
    )
    .join(', ')
}
