import { z } from 'zod'
import { confidence, count, evidence, frame, hexText, text } from './schema-rows.ts'

/** Who; null where a text leaves it out. */
const who = { pid: count.nullable(), comm: text.nullable() }

const waiterRow = z.object({
  ...who,
  state: text.nullable(),
  waitsFor: z.enum([
    'read',
    'write',
    'migration-entry',
    'page-lock',
    'vma-lock',
    'ksm-thread-mutex',
    'mutex',
    'anon-vma',
  ]),
  lock: hexText.nullable(),
  blockedSeconds: z.number().nullable(),
  pattern: text.nullable(),
  /** How it is known that it waits there. */
  by: z.array(z.enum(['queue', 'stack', 'blocker'])),
  confidence,
  /** The longest time for which the kernel's log says that it was blocked; null where it says nothing of it. */
  loggedSeconds: z.number().nullable(),
  /** Whom it waits for next, towards the walker. */
  behind: z.object(who),
  /** Its stack: an index in `stacks.groups`; null where it is not there. */
  stack: count.nullable(),
})

const heldBy = z.object({ ...who, confidence, by: text })

/** As of `tasks`; a text may give less. */
const heldFrame = z.object({
  ...frame.shape,
  address: hexText.nullable(),
  sp: hexText.nullable(),
  how: z.enum(['registers', 'orc', 'frame-pointer', 'scan', 'told']),
})

export const hang = z.object({
  holder: z
    .object({
      task: hexText.nullable(),
      ...who,
      cpu: count.nullable(),
      state: text.nullable(),
      stack: z.array(heldFrame),
    })
    .nullable(),
  lock: z
    .object({
      address: hexText,
      mm: hexText,
      owner: z.object(who).nullable(),
      kind: z.enum(['rwsem', 'rwsem-rt']),
      count: hexText,
      ownerWord: hexText.nullable(),
      held: z.enum(['free', 'read', 'write', 'unknown']),
      /** Pids of the tasks in its queue, in their order; null for one that is no task. */
      queue: z.array(count.nullable()),
      heldBy: z.array(heldBy),
      /** Who may hold it, where several can. */
      candidates: z.array(heldBy),
    })
    .nullable(),
  innermost: z.object({ symbol: text.nullable(), meaning: text, how: text.nullable() }),
  pattern: text.nullable(),
  node: z
    .object({
      address: hexText.nullable(),
      kpfn: hexText.nullable(),
      length: count.nullable(),
      /** The list was not followed to its end: `length` is a lower bound. */
      atLeast: z.boolean(),
      validatedBy: z.array(text),
    })
    .nullable(),
  progress: z
    .object({
      fraction: z.number().nullable(),
      pass: z.enum(['unmap', 'restore']),
      confidence,
      secondsLeft: z.number().nullable(),
    })
    .nullable(),
  waiters: z.array(waiterRow),
  longestWait: z.object({ ...who, seconds: z.number() }).nullable(),
  /** Texts only, where it is over: quiet, the log or the host goes on for so long after the last report of it; or the host was booted again. */
  past: z.object({ seconds: z.number(), by: z.enum(['quiet', 'reboot']), evidence }).nullable(),
})
