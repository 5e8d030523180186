// The house's import rules: docs/design.md, "Rooms". One way, base <- parsers <- image <- kernel <- ksm <- diagnosis <- document <- report <- app <- commands.
const order = ['base', 'parsers', 'image', 'kernel', 'ksm', 'diagnosis', 'document', 'report', 'app', 'commands']
const deny = (name, from, to, comment) => ({ name, severity: 'error', from, to, ...(comment ? { comment } : {}) })

export default {
  forbidden: [
    ...order
      .slice(0, -1)
      .map((room, i) =>
        deny(
          `${room}-imports-down`,
          { path: `^src/${room}/` },
          { path: `^src/(${order.slice(i + 1).join('|')})/` },
          'each room knows only the rooms before it',
        ),
      ),
    deny('no-cycles', {}, { circular: true }),
    deny(
      'commands-are-thin',
      { path: '^src/commands/' },
      { path: '^src/', pathNot: '^src/(commands|app|report|document|base)/' },
    ),
    deny(
      'renderers-read-documents',
      { path: '^src/report/' },
      { path: '^src/', pathNot: '^src/(report|document|base)/' },
      'a report is rendered without the dump',
    ),
    deny('documents-know-no-parser', { path: '^src/document/' }, { path: '^src/parsers/' }),
    deny('io-knows-base-only', { path: '^src/io/' }, { path: '^src/', pathNot: '^src/(io|base)/' }),
    deny('io-from-app-only', { path: '^src/', pathNot: '^src/(io|app)/' }, { path: '^src/io/' }),
    deny(
      'system-in-io-only',
      { path: '^src/', pathNot: '^src/io/' },
      { dependencyTypes: ['core'], pathNot: '^(node:)?(zlib|buffer|util)$' },
      'an allow-list: a deny-list would miss process, dns, module',
    ),
    deny('oclif-in-commands-only', { path: '^src/', pathNot: '^src/commands/' }, { path: '@oclif/' }),
    deny(
      'zod-in-the-schemas-only',
      { path: '^src/', pathNot: '^src/(document/schema(-rows|-hang)?|app/config-schema)\\.ts$' },
      { path: 'node_modules/zod/' },
    ),
    deny('d3-in-report-only', { path: '^src/', pathNot: '^src/report/' }, { path: 'node_modules/(@types/)?d3-' }),
    deny('no-dead-file', { path: '^src/commands/' }, { path: '^src/', pathNot: '^src/commands/', reachable: false }),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
}
