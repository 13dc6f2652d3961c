/**
 * From places in the one file that runs inside a component back to the app's sources. The build uses it for errors at
 * the top level, the host for the stacks that a guest reports. A map comes with an app, so it is data like the app
 * itself: a broken one maps nothing.
 */
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'

/** What the engine calls an app's bundle in stacks. */
export const BUNDLE_NAME = 'app.js'
/** Sources with this prefix are NANO's own part of the bundle. */
export const OWN_SOURCE = 'nano:'

/** The most places that are looked up at a time: the engine keeps no more frames. */
const MOST_PLACES = 128
const PLACE = /(?<![\w./-])\/?app\.js:(\d+):(\d+)/g
/**
 * A frame of the bundle or of what NANO runs beside it: `name@file:line:column`, as the engine writes it and apps of an
 * earlier shim do, or `    at name (file:line:column)`.
 */
const FRAME =
  /^\s*(?:(?:[a-z]+ callback\*)?[^\s@]*@|at (?:[^()]* \()?)\/?(app\.js|initializer\.js|nano:[\w-]+):(\d+):(\d+)\)?/
const ANY_PLACE = /\b(?:app\.js|initializer\.js|nano:[\w-]+):\d/

export interface Place {
  readonly source: string
  readonly line: number
  readonly column: number
}

export interface SourceMap {
  /** Where the code at a place of the bundle came from. Lines and columns begin at 1. */
  find(line: number, column: number): Place | undefined
  /** An error's text with each place of the bundle replaced by the source's; lines of NANO's own code go. */
  symbolicate(stack: string): string
  /** Places of the bundle, `line:column` in a line each, as `wit/console.wit` has it. */
  mapPlaces(places: string): string
}

/** Whether a text may name places that a map knows: whoever has none need not read the map. */
export function hasPlaces(text: string): boolean {
  return ANY_PLACE.test(text)
}

/** Reads a source map. Anything that is not one gives a map that changes nothing. */
export function openSourceMap(json: string | undefined): SourceMap {
  const map = parse(json)
  const find = (line: number, column: number) => (map === undefined ? undefined : lookUp(map, line, column))
  return {
    find,
    symbolicate: (stack) => (map === undefined ? stack : symbolicate(stack, find)),
    mapPlaces: (places) => (map === undefined ? '' : mapEach(places, find)),
  }
}

/** The places of the app's own sources that a stack names, innermost first. */
export function findPlaces(stack: string, map: SourceMap): Place[] {
  return Array.from(stack.matchAll(PLACE), ([, line, column]) =>
    map.find(Number(line), Number(column)),
  ).filter((place): place is Place => place !== undefined && !place.source.startsWith(OWN_SOURCE))
}

/**
 * Frames stand at the beginning of a line, and something may follow: whoever printed the error goes on there. What follows a
 * frame of NANO's own goes to the line before.
 */
function symbolicate(text: string, find: SourceMap['find']): string {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    const frame = FRAME.exec(line)
    if (frame === null || !isOwn(frame, find)) lines.push(mapPlaces(line, find))
    else if (lines.length > 0) lines[lines.length - 1] += line.slice(frame[0].length)
  }
  // the engine ends a stack with an end of line
  return lines.join('\n').trimEnd()
}

function mapPlaces(line: string, find: SourceMap['find']): string {
  return line.replaceAll(PLACE, (found, row: string, column: string) => {
    const place = find(Number(row), Number(column))
    return place === undefined ? found : toText(place)
  })
}

function mapEach(places: string, find: SourceMap['find']): string {
  const lines = places.split('\n', MOST_PLACES).map((text) => {
    const [line, column] = text.split(':').map(Number)
    const place = find(line ?? 0, column ?? 0)
    if (place === undefined) return ''
    return place.source.startsWith(OWN_SOURCE) ? '-' : toText(place)
  })
  return lines.join('\n')
}

/** A source that is called like the bundle is spelled otherwise, so that no place is mapped twice. */
function toText({ source, line, column }: Place): string {
  return `${source === BUNDLE_NAME ? './' : ''}${source}:${line}:${column}`
}

function isOwn([, file, row, column]: RegExpExecArray, find: SourceMap['find']): boolean {
  if (file !== BUNDLE_NAME) return true
  return find(Number(row), Number(column))?.source.startsWith(OWN_SOURCE) === true
}

function parse(json: string | undefined): TraceMap | undefined {
  if (json === undefined) return undefined
  try {
    return new TraceMap(json)
  } catch {
    return undefined
  }
}

function lookUp(map: TraceMap, line: number, column: number): Place | undefined {
  try {
    const found = originalPositionFor(map, { line: Math.max(1, line), column: Math.max(0, column - 1) })
    // the map's own words are not trusted to have the types that they should
    if (typeof found.source !== 'string') return undefined
    return { source: found.source, line: found.line, column: found.column + 1 }
  } catch {
    return undefined
  }
}
