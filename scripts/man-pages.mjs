// Man pages out of oclif.manifest.json (the same words as --help) and the tables of docs/ for exit codes and variables.
import { readFileSync } from 'node:fs'

/**
 * @param root - folder of the repo
 * @returns the pages: name of the file in man/, its roff
 */
export function manPages(root) {
  const read = (path) => readFileSync(`${root}/${path}`, 'utf8')
  const { name, version, oclif } = JSON.parse(read('package.json'))
  const commands = Object.values(JSON.parse(read('oclif.manifest.json')).commands).filter(({ hidden }) => !hidden)
  const date = /^## \S+ \((\d{4}-\d\d-\d\d)\)/m.exec(read('CHANGELOG.md'))[1]
  const titles = [name, ...commands.map(({ id }) => `${name}-${id}`)]

  const page = (title, summary, sections) =>
    `${[
      '.\\" Made by scripts/man-pages.mjs: edit the help or docs/ instead.',
      `.TH "${title.toUpperCase()}" "1" "${date}" "${name} ${version}" "User Commands"`,
      ...section('NAME', [`${title} \\- ${escaped(summary.replace(/\.$/, ''))}`]),
      ...sections.flat(),
      ...section('SEE ALSO', [
        [...titles.filter((each) => each !== title).map((each) => `${each}(1)`), 'crash(8)', 'makedumpfile(8)']
          .map(reference)
          .join(',\n'),
      ]),
    ].join('\n')}\n`

  const exits = section('EXIT STATUS', items(firstTable(read('docs/exit-codes.md'))))
  const variables = section('ENVIRONMENT', items(firstTable(read('docs/environment.md'))))
  const files = section(
    'FILES',
    items([['~/.config/ksm-dump/config.json', 'Defaults of flags, as JSON; docs/environment.md has its keys.']]),
  )

  const [summary, ...description] = oclif.description.split('\n')
  const main = page(name, summary, [
    section('SYNOPSIS', [`.B ${name}`, escaped('COMMAND [ARGUMENT ...] [--help]')]),
    section('DESCRIPTION', [escaped(description.join(' '))]),
    section('COMMANDS', items(commands.map((each) => [`${name} ${each.id}`, each.summary]))),
    variables,
    files,
    exits,
  ])
  const pages = commands.map((command) => [
    `${name}-${command.id}.1`,
    page(`${name}-${command.id}`, command.summary, [
      section('SYNOPSIS', [`.B ${name} ${command.id}`, escaped(synopsis(command))]),
      section('DESCRIPTION', [escaped([command.summary, command.description].filter(Boolean).join(' '))]),
      section('EXAMPLES', [
        '.nf',
        ...command.examples.map((line) => escaped(line.replaceAll('<%= config.bin %>', name))),
        '.fi',
      ]),
      section('ARGUMENTS', items(Object.values(command.args).map((arg) => [arg.name.toUpperCase(), described(arg)]))),
      section('OPTIONS', items(Object.values(command.flags).map((flag) => [spelling(flag), described(flag)]))),
      ...('json' in command.flags ? [variables, files, exits] : []),
    ]),
  ])
  return Object.fromEntries([[`${name}.1`, main], ...pages])
}

/** A section; none where there is nothing to say. */
function section(title, lines) {
  return lines.length === 0 ? [] : [`.SH ${title}`, ...lines]
}

/** Words in bold, each with its text. */
function items(pairs) {
  return pairs.flatMap(([word, text]) => ['.TP', `.B ${escaped(word)}`, escaped(text)])
}

/** Text that roff takes as it is: backslashes, hyphens that people copy, dots and quotes at the beginning of a line. */
function escaped(text) {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll(/^[.']/gm, '\\&$&')
}

function reference(title) {
  return title.replaceAll('-', '\\-')
}

/** The first two cells of every row of the first table of a page, without its head and without marks. */
function firstTable(page) {
  const rows = /(?:^\|.*\n)+/m.exec(page)[0].trim().split('\n').slice(2)
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, 3)
      .map((cell) =>
        cell
          .trim()
          .replaceAll('`', '')
          .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'),
      ),
  )
}

function synopsis({ args, flags, strict }) {
  const words = Object.values(args).map((arg, i) => {
    const word = `${arg.name.toUpperCase()}${i === 0 && strict === false ? ' ...' : ''}`
    return arg.required ? word : `[${word}]`
  })
  return [...words, ...(Object.keys(flags).length > 0 ? ['[OPTION ...]'] : [])].join(' ')
}

function spelling({ name, char, type, allowNo, helpValue }) {
  const long = allowNo ? `--${name}, --no-${name}` : `--${name}`
  return `${char ? `-${char}, ` : ''}${long}${type === 'option' ? ` ${helpValue ?? 'VALUE'}` : ''}`
}

function described({ description, options }) {
  const text = `${description[0].toUpperCase()}${description.slice(1)}`
  return options ? `${text}: ${options.join(', ')}` : text
}
