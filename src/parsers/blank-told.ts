import type { ToldHost, ToldTask } from './told.ts'

/** A statement about a host that says nothing yet. */
export function blankHost(line: number, source: string): ToldHost {
  return {
    kind: 'host',
    line,
    source,
    release: null,
    version: null,
    nodename: null,
    arch: null,
    cpus: null,
    memoryBytes: null,
    uptimeSeconds: null,
    date: null,
    panic: null,
    distribution: null,
    guest: null,
  }
}

/** A task of which nothing is known but where it stands. */
export function blankTask(line: number, source: string): ToldTask {
  return {
    kind: 'task',
    line,
    source,
    pid: null,
    tgid: null,
    comm: null,
    address: null,
    cpu: null,
    state: null,
    running: null,
    kthread: null,
    idleSeconds: null,
    frames: [],
    wchan: null,
    doubt: null,
  }
}
