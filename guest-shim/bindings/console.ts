/**
 * `console`: each call becomes one line for the host.
 */

import { type Level, log } from 'nano:workers/console'
import { encode } from '../globals/primordials.ts'
import { describeError } from '../wire/error-text.ts'
import { formatLine, inspect } from '../wire/inspect.ts'
import { now } from '../turn/clock.ts'
import { phase } from '../turn/phase.ts'
import type { GuestBinding } from './binding.ts'

/** Where lines go while the app is built: the builder shows them. */
const builder = console

function write(level: Level, args: readonly unknown[], suffix = ''): void {
  let text: string
  try {
    text = formatLine(args) + suffix
  } catch (error) {
    text = `(a value that cannot be shown: ${describeError(error)})`
  }
  if (phase.isLive) log(level, encode('  '.repeat(depth) + text))
  else builder.log(text)
}

let depth = 0
const counts = new Map<string, number>()
const marks = new Map<string, number>()

function elapsed(label: string): string {
  const mark = marks.get(label)
  return mark === undefined ? `${label}: no such timer` : `${label}: ${now() - mark} ms`
}

/** The app's console. A plain object, as in browsers, so that a method can be taken off it. */
export const guestConsole = {
  log: (...args: unknown[]) => write('info', args),
  info: (...args: unknown[]) => write('info', args),
  debug: (...args: unknown[]) => write('debug', args),
  warn: (...args: unknown[]) => write('warn', args),
  error: (...args: unknown[]) => write('error', args),
  trace: (...args: unknown[]) => write('debug', ['Trace:', ...args], `\n${new Error('trace').stack ?? ''}`),
  dir: (value: unknown) => write('info', [inspect(value)]),
  dirxml: (...args: unknown[]) => write('info', args),
  table: (value: unknown) => write('info', [value]),
  assert: (condition?: unknown, ...args: unknown[]) => {
    if (!condition) write('error', ['Assertion failed', ...args])
  },
  count: (label = 'default') => {
    const count = (counts.get(label) ?? 0) + 1
    counts.set(label, count)
    write('info', [`${label}: ${count}`])
  },
  countReset: (label = 'default') => void counts.delete(label),
  time: (label = 'default') => void marks.set(label, now()),
  timeLog: (label = 'default', ...args: unknown[]) => write('info', [elapsed(label), ...args]),
  timeEnd: (label = 'default') => {
    write('info', [elapsed(label)])
    marks.delete(label)
  },
  group: (...args: unknown[]) => {
    if (args.length > 0) write('info', args)
    depth = Math.min(depth + 1, 20)
  },
  groupCollapsed: (...args: unknown[]) => guestConsole.group(...args),
  groupEnd: () => {
    depth = Math.max(depth - 1, 0)
  },
  clear: () => {},
}

export const binding: GuestBinding = { events: {} }
