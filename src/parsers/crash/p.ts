import { blankHost } from '../blank-told.ts'
import type { Session } from './session.ts'
import type { StructBlock } from './struct.ts'

/** "ksm_pages_sharing = $4 = 170337" */
export const P_NAMED = /^ *([A-Za-z_(*&][^=$]{0,120}?) = \$\d{1,9} = (.*)$/
/** "$4 = 0x29939" of p/x: the name is in the command only */
export const P_NAMELESS = /^ *\$\d{1,9} = (.+)$/
/** linux_banner's text within what p prints of it. */
const BANNER = /"Linux version (\S{1,128}) .{0,400}?(#\d{1,9} .{0,200}?)(?:\\n|")/

/** Variables by `p`, `px`, `pd`. @see crash 9.0.2, symbols.c, cmd_p */
export class Variables {
  private readonly session: Session
  private readonly structs: StructBlock

  constructor(session: Session, structs: StructBlock) {
    this.session = session
    this.structs = structs
  }

  named(name: string, printed: string, at: number): void {
    const text = printed.trimEnd()
    if (text === '{') {
      this.structs.variable(name, at)
      return
    }
    this.session.turn(null)
    this.session.tell({ kind: 'value', line: at, name: this.session.own.name(name), text: this.session.own.text(text) })
    const banner = name === 'linux_banner' ? BANNER.exec(text) : null
    if (banner) {
      this.session.tell({
        ...blankHost(at, 'banner'),
        release: this.session.own.text(banner[1]!),
        version: this.session.own.text(banner[2]!),
      })
    }
  }

  /** A value whose name only the command says. */
  nameless(printed: string, at: number): void {
    const { command } = this.session
    const words =
      command && /^p(?:\/\w)?$/.test(command.name) ? command.words.filter((word) => !word.startsWith('-')) : []
    const name = words.length === 1 && /^[A-Za-z_]\w{0,127}$/.test(words[0]!) ? words[0]! : null
    if (printed.trimEnd() === '{') this.structs.variable(name, at)
    else if (name !== null) this.named(name, printed, at)
    else this.session.turn(null)
  }
}
