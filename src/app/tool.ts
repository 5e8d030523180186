import { packageVersion } from '../io/package-version.ts'

/** Our name and version, as documents carry them. */
export const TOOL = { name: 'ksm-dump', version: packageVersion() }
