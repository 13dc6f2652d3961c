/**
 * Frames, from the engine's text to V8's. The engine writes a line for each, `name@file:line:column`:
 *
 *     foo@app.js:1:24             a function       async*outer@app.js:5:38    what awaits it, and all that follows
 *     @app.js:7:31                at the top       f@app.js line 3 > eval:1:1    code that was made at run time
 */

import { toSources } from '../bindings/console.ts'
import { indexOf, slice, split } from '../globals/primordials.ts'

/** What NANO runs beside the app. */
const OWN_FILES = ['nano:guest-shim', 'initializer.js', '/initializer.js']
const MADE = [' > eval', ' > Function']

/** The app's one file; what is in it comes of its sources. */
const BUNDLE = 'app.js'

export interface Frame {
  readonly name: string
  readonly isAsync: boolean
  /** Of code that was made at run time undefined. */
  readonly file: string | undefined
  /** Where such code was made: as V8 says it. */
  readonly origin: string | undefined
  readonly line: number
  readonly column: number
}

/** The app's own frames. */
export function parseFrames(text: string): Frame[] {
  const frames: Frame[] = []
  let isAsync = false
  for (const line of split(text, '\n')) {
    const at = line.lastIndexOf('@')
    const place = parsePlace(slice(line, at + 1))
    if (at === -1 || place === undefined) continue
    const cause = indexOf(slice(line, 0, at), '*')
    if (cause !== -1) isAsync = true
    if (OWN_FILES.includes(place.file)) continue
    const origin = toOrigin(place.file)
    const file = origin === undefined ? place.file : undefined
    const name = toName(slice(line, cause + 1, at)) || (origin === undefined ? '' : 'eval')
    frames.push({ ...place, name, isAsync, file, origin })
  }
  return toOwnSources(frames)
}

/** With the places of the app's sources, where the host knows them, and without what is not the app's. */
function toOwnSources(frames: Frame[]): Frame[] {
  const bundled = frames.filter(({ file }) => file === BUNDLE)
  const sources = toSources(bundled.map(({ line, column }) => `${line}:${column}`))
  return frames.flatMap((frame) => {
    const source = frame.file === BUNDLE ? sources[bundled.indexOf(frame)] : undefined
    if (source === '-') return []
    const place = source === undefined ? undefined : parsePlace(source)
    return [place === undefined ? frame : { ...frame, ...place }]
  })
}

function parsePlace(text: string): { file: string; line: number; column: number } | undefined {
  const toColumn = text.lastIndexOf(':')
  const toLine = text.lastIndexOf(':', toColumn - 1)
  const line = Number(slice(text, toLine + 1, toColumn))
  const column = Number(slice(text, toColumn + 1))
  if (toLine <= 0 || !(line >= 0) || !(column >= 0)) return undefined
  return { file: slice(text, 0, toLine), line, column }
}

/** The engine names what has no name by where it is assigned: `outer/inner<`. */
function toName(name: string): string {
  let end = name.length
  while (end > 0 && (name[end - 1] === '<' || name[end - 1] === '/')) end--
  const start = name.lastIndexOf('/', end - 1) + 1
  return slice(name, start, end)
}

/** `app.js line 3 > eval`: in what, the line, and how. */
function toOrigin(file: string): string | undefined {
  const made = MADE.find((each) => file.endsWith(each))
  if (made === undefined) return undefined
  const where = slice(file, 0, file.length - made.length)
  const at = where.lastIndexOf(' line ')
  if (at === -1) return 'eval at <anonymous>'
  const around = slice(where, 0, at)
  return `eval at <anonymous> (${toOrigin(around) ?? `${around}:${slice(where, at + 6)}:1`})`
}
