import { Gate } from './gate.hot.ts'
import { HEAD_NEEDLES } from './heads.ts'
import { HOST_NEEDLES } from './hosts.ts'
import { MESSAGE_NEEDLES } from './messages.ts'
import { NOTE_NEEDLES } from './notes.ts'

/** The gate for the words of all tables. */
export const GATE = new Gate([...MESSAGE_NEEDLES, ...HEAD_NEEDLES, ...HOST_NEEDLES, ...NOTE_NEEDLES])
