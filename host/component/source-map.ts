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

const PLACE = /\bapp\.js:(\d+):(\d+)/g
const OWN_PLACE = /\b(?:initializer\.js|nano:[\w-]+):\d+/

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
}

/** Reads a source map. Anything that is not one gives a map that changes nothing. */
export function openSourceMap(json: string | undefined): SourceMap {
  const map = parse(json)
  const find = (line: number, column: number) => (map === undefined ? undefined : lookUp(map, line, column))
  return { find, symbolicate: (stack) => (map === undefined ? stack : symbolicate(stack, find)) }
}

/** The places of the app's own sources that a stack names, innermost first. */
export function findPlaces(stack: string, map: SourceMap): Place[] {
  return Array.from(stack.matchAll(PLACE), ([, line, column]) =>
    map.find(Number(line), Number(column)),
  ).filter((place): place is Place => place !== undefined && !place.source.startsWith(OWN_SOURCE))
}

function symbolicate(stack: string, find: SourceMap['find']): string {
  const lines = stack.split('\n').flatMap((line) => {
    if (OWN_PLACE.test(line)) return []
    let own = false
    const mapped = line.replaceAll(PLACE, (text, row: string, column: string) => {
      const place = find(Number(row), Number(column))
      if (place === undefined) return text
      own ||= place.source.startsWith(OWN_SOURCE)
      return `${place.source}:${place.line}:${place.column}`
    })
    return own ? [] : [mapped]
  })
  return lines.join('\n')
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
