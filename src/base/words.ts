/** Numbers as people read them: "2,306,920". */
export function grouped(value: number): string {
  return String(Math.trunc(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** A count that may be a lower bound: "2,306,920", "at least 23,529". */
export function counted(value: number, atLeast: boolean): string {
  return `${atLeast ? 'at least ' : ''}${grouped(value)}`
}

/** A duration, rounded to what an estimate can bear: "23 s", "2.6 ms", "20 us", "4 min". */
export function duration(seconds: number): string {
  if (seconds >= 100) return `${Math.round(seconds / 60)} min`
  if (seconds >= 10) return `${Math.round(seconds)} s`
  if (seconds >= 1) return `${seconds.toFixed(1)} s`
  if (seconds >= 0.01) return `${Math.round(seconds * 1000)} ms`
  if (seconds > 0 && seconds < 0.000_1) return `${Math.max(1, Math.round(seconds * 1e6))} us`
  return `${(seconds * 1000).toFixed(1)} ms`
}

/** Bytes in binary units: "8.8 GiB". */
export function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return unit === 0 ? `${value} bytes` : `${value.toFixed(1)} ${units[unit]}`
}

/** "1 list", "3 lists". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}
