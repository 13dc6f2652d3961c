/** Colours of the log's levels. */

import type { Writable } from 'node:stream'
import { styleText } from 'node:util'

import type { Paint } from '../log/line.ts'

const COLOURS = { debug: 'dim', info: 'cyan', warn: 'yellow', error: 'red' } as const

/** On a terminal alone; NO_COLOR is heeded, too. */
export function toPaint(out: Writable & { readonly isTTY?: boolean }): Paint {
  return (level, text) => (out.isTTY === true ? styleText(COLOURS[level], text, { stream: out }) : text)
}
