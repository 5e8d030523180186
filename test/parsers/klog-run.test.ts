import { expect, test } from 'vitest'
import { LogRun } from '../../src/parsers/klog/run.hot.ts'

/** Whether the run is long after so many of a line. */
function after(count: number, line: string): boolean {
  const run = new LogRun()
  let long = false
  for (let i = 0; i < count; i++) long = run.isLong(line)
  return long
}

test.each([
  '[   44.317072] br0: port 1 entered forwarding state',
  '[1234567.000001] x',
  'Nov 22 15:30:01 compute-07 kernel: [   44.317072] x',
])('%s: many of them are a log', (line) => {
  expect(after(256, line)).toBe(false)
  expect(after(257, line)).toBe(true)
})

test.each([
  '',
  '[ffff8800003b3bb8] smp_call_function_many at ffffffff81094342',
  '[0 00:00:04.997] [UN]  PID: 89       TASK: ffff8a11413d8000  CPU: 0    COMMAND: "ps"',
  ' #0 [ffff8800003b3bb8] smp_call_function_many at ffffffff81094342',
  '[   44.31707] x',
  '[   44.317072]x',
  '[.317072] x',
  'Nov 22 15:30:01 compute-07 systemd[1]: [   44.317072] x',
  'Nov 22 15:30:01 compute-07 kernel: x',
  '> [   44.317072] quoted',
])('%s: is left to every parser', (line) => {
  expect(after(1000, line)).toBe(false)
})

test('any other line ends the run, and the next one begins with nothing', () => {
  const run = new LogRun()
  for (let i = 0; i < 300; i++) run.isLong('[   44.317072] x')
  expect(run.isLong('crash> bt')).toBe(false)
  expect(run.isLong('[   44.317072] x')).toBe(false)
})
