export { DEFAULT_THRESHOLDS, type Thresholds } from '../diagnosis/lists.ts'
