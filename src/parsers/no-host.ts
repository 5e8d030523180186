import type { ToldHost } from './told.ts'

/** A statement about a host that says nothing yet. */
export const NO_HOST: ToldHost = {
  kind: 'host',
  line: 0,
  source: '',
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
