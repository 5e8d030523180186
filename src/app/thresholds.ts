import { DEFAULT_THRESHOLDS, type Thresholds } from '../diagnosis/lists.ts'

export { DEFAULT_THRESHOLDS, type Thresholds }

/** @param critical - the length from which a list is critical; a tenth of it is a warning */
export function thresholdsFrom(critical: number | undefined): Thresholds {
  return critical === undefined ? DEFAULT_THRESHOLDS : { critical, warning: Math.ceil(critical / 10) }
}
