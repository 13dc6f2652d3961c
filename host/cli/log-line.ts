/**
 * A log entry as a line. As text it is one line, but for the stack of an error, which follows indented; as JSON it is one
 * object with the names that collectors know. Text that an app had a hand in cannot pretend to be another entry or drive
 * the terminal, in either. Pure.
 */

import type { LogEntry } from '../supervisor/messages.ts'

// control characters, ends of lines, and what turns the direction of text around
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

export type LogFormat = 'text' | 'json'

/** Colours a level, for whoever reads on a terminal. */
export type Paint = (level: LogEntry['level'], text: string) => string

const plain: Paint = (_level, text) => text

/** A line of this format. */
export function toLine(format: LogFormat, entry: LogEntry, paint = plain): string {
  return format === 'json' ? toJsonLine(entry) : toLogLine(entry, paint)
}

/** `2026-11-23T10:20:30.456Z error [app request] text`; the time is UTC. */
export function toLogLine({ time, level, app, request, text }: LogEntry, paint = plain): string {
  const safe = text.replaceAll('\r\n', '\n').replaceAll(CONTROL, toEscape).replaceAll('\n', '\n    ')
  const about = app === undefined ? '' : `[${app}${request === undefined ? '' : ` ${request}`}] `
  return `${new Date(time).toISOString()} ${paint(level, level.padEnd(5))} ${about}${safe}\n`
}

/** `{"time":"2026-11-23T10:20:30.456Z","level":"error","app":"shop","request":"1.42","msg":"…"}` */
function toJsonLine({ time, level, app, request, text: msg }: LogEntry): string {
  const json = JSON.stringify({ time: new Date(time).toISOString(), level, app, request, msg })
  // such a character stands only within a string, where its escape means the same
  return `${json.replaceAll(CONTROL, toEscape)}\n`
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
