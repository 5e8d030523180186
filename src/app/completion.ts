import { Output } from '../io/terminal.ts'
import { bashCompletion } from './completion/bash.ts'
import { fishCompletion } from './completion/fish.ts'
import type { CommandWords } from './completion/words.ts'
import { zshCompletion } from './completion/zsh.ts'

export type { CommandWords, FlagWords } from './completion/words.ts'

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

/** The shells that have a completion script. */
export const SHELL_NAMES = Object.keys(SHELLS)

/** Prints the completion script of one of SHELL_NAMES. */
export function printCompletion(shell: string, bin: string, commands: readonly CommandWords[]): void {
  const output = new Output()
  output.write(SHELLS[shell as keyof typeof SHELLS](bin, commands))
  output.flush()
}
