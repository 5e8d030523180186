import type { AnalyzeReport } from './schema.ts'

type Environment = AnalyzeReport['environment']

/** What is known of a kernel and its distribution; null where it is not. */
export interface Identity {
  release: string | null
  version: string | null
  arch: string | null
  distribution: string | null
}

/** Architectures as the distributions call them. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  arm64: 'arm64',
  ppc64le: 'ppc64el',
  s390x: 's390x',
}

/** The identity in the keys that apport uses in bug reports. @see apport/hookutils.py, data/general-hooks */
export function environmentOf({ release, version, arch, distribution }: Identity): Environment {
  const signature = signatureOf(release, version)
  return {
    Uname: release === null ? null : ['Linux', release, arch].filter((each) => each !== null).join(' '),
    ProcVersionSignature: signature,
    DistroRelease: distribution,
    Architecture: arch === null ? null : (ARCHITECTURES[arch] ?? arch),
    Package: release === null ? null : packageOf(release, version),
  }
}

/** "Ubuntu 4.4.0-72.93-generic" out of release and version: the build's number stands before "-Ubuntu". */
function signatureOf(release: string | null, version: string | null): string | null {
  const build = version === null ? null : /^#(\d{1,5})(?:~[\w.]{1,20})?-Ubuntu\b/.exec(version)
  const parts = release === null ? null : /^(\d+\.\d+\.\d+-\d+)-([a-z-]+)$/.exec(release)
  return build && parts ? `Ubuntu ${parts[1]}.${build[1]}-${parts[2]}` : null
}

/** The package that has this kernel, where its name follows from the release. */
function packageOf(release: string, version: string | null): string | null {
  if (version === null) return null
  if (/-Ubuntu\b/.test(version)) return `linux-image-${release}`
  const debian = /\bDebian (\S{1,40}) \(/.exec(version)
  return debian ? `linux-image-${release} ${debian[1]}` : null
}
