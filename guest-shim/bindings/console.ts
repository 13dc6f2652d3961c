/**
 * `console` (the Console Standard): each call becomes one entry for the host, whose text is as Node formats it.
 */

import { type Level, log, mapPlaces } from 'nano:workers/console'
import { describeError, formatLine, inspect, logText } from '../globals/log-text.ts'
import { decode, encode, join, makeTable, NativeError, slice, split } from '../globals/primordials.ts'
import { toText } from '../globals/web-idl.ts'
import { now } from '../turn/clock.ts'
import { phase } from '../turn/phase.ts'
import type { GuestBinding } from './binding.ts'

/** Where lines go while the app is built: the builder shows them. */
const builder = console

const MOST_CHARS = 16_384
const INDENTATION = '  '
const MOST_GROUPS = 20

function write(level: Level, args: readonly unknown[]): void {
  let text: string
  try {
    text = formatLine(args)
  } catch (error) {
    text = `(a value that cannot be shown: ${describeError(error)})`
  }
  if (text.length > MOST_CHARS) {
    text = `${slice(text, 0, MOST_CHARS)}... ${text.length - MOST_CHARS} more characters`
  }
  if (indentation !== '') text = indentation + join(split(text, '\n'), `\n${indentation}`)
  if (phase.isLive) log(level, encode(text))
  else builder.log(text)
}

/** Places of the bundle, `line:column`, to those of the app's sources; a text that is empty where that is not known. */
export function toSources(places: readonly string[]): string[] {
  if (!phase.isLive || places.length === 0) return []
  return split(decode(mapPlaces(encode(join(places, '\n')))), '\n')
}

let indentation = ''
const counts = makeTable<string, number>()
const marks = makeTable<string, number>()

function writeElapsed(method: string, label: string, args: readonly unknown[]): boolean {
  const mark = marks.get(label)
  if (mark === undefined) write('warn', [`No such label '${label}' for console.${method}()`])
  else write('info', [`${label}: ${logText().toDuration(now() - mark)}`, ...args])
  return mark !== undefined
}

/** Methods that can be taken off it, without required arguments. */
const methods = {
  assert(condition: unknown = false, ...args: unknown[]): void {
    if (condition) return
    const [first] = args
    const isText = typeof first === 'string'
    write('error', isText ? [`Assertion failed: ${first}`, ...args.slice(1)] : ['Assertion failed', ...args])
  },
  clear(): void {},
  debug: (...args: unknown[]) => write('debug', args),
  error: (...args: unknown[]) => write('error', args),
  info: (...args: unknown[]) => write('info', args),
  log: (...args: unknown[]) => write('info', args),
  table(...[data, columns]: unknown[]): void {
    const names = columns === undefined ? undefined : Array.from(columns as Iterable<unknown>, toText)
    write('info', [logText().toTable(data, names) ?? data])
  },
  trace(...args: unknown[]): void {
    const trace = new NativeError(formatLine(args))
    trace.name = 'Trace'
    write('debug', [trace.stack])
  },
  warn: (...args: unknown[]) => write('warn', args),
  dir: (...[value, options]: unknown[]) =>
    write('info', [inspect(value, { customInspect: false, ...(options as object) })]),
  dirxml: (...args: unknown[]) => write('info', args),
  count(label: unknown = 'default'): void {
    const text = toText(label)
    const count = (counts.get(text) ?? 0) + 1
    counts.set(text, count)
    write('info', [`${text}: ${count}`])
  },
  countReset(label: unknown = 'default'): void {
    const text = toText(label)
    if (!counts.delete(text)) write('warn', [`Count for '${text}' does not exist`])
  },
  group(...args: unknown[]): void {
    if (args.length > 0) write('info', args)
    if (indentation.length < MOST_GROUPS * INDENTATION.length) indentation += INDENTATION
  },
  groupCollapsed: (...args: unknown[]) => methods.group(...args),
  groupEnd(): void {
    indentation = slice(indentation, INDENTATION.length)
  },
  time(label: unknown = 'default'): void {
    const text = toText(label)
    if (marks.get(text) === undefined) marks.set(text, now())
    else write('warn', [`Label '${text}' already exists for console.time()`])
  },
  timeLog: (label: unknown = 'default', ...args: unknown[]) =>
    void writeElapsed('timeLog', toText(label), args),
  timeEnd(label: unknown = 'default'): void {
    const text = toText(label)
    if (writeElapsed('timeEnd', text, [])) marks.delete(text)
  },
  // what browsers and Node have beyond the standard is for their developer tools
  profile(): void {},
  profileEnd(): void {},
  timeStamp(): void {},
}

/** A namespace, whose prototype is an empty object. */
export const guestConsole: object = Object.defineProperty(
  Object.assign(Object.create({}) as object, methods),
  Symbol.toStringTag,
  { value: 'console', configurable: true },
)

export const binding: GuestBinding = { events: {} }
