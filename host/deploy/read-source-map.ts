/**
 * The source map beside a component. It is as foreign as the component, and shards read it where they serve, so only
 * what stacks need of it is kept, within a bound. One that cannot be used costs the app nothing but the names of its
 * sources in stacks.
 */

import { NanoError } from '../errors.ts'
import { readRegularFile } from './read-file.ts'

/** Largest source map that is read at all; most of it are the sources themselves. */
export const MAX_SOURCE_MAP_BYTES = 32 * 1024 * 1024
/** Longest text of mappings, and most lines in it: a shard decodes them at the app's first error, and waits. */
const MAX_MAPPINGS = 2 * 1024 * 1024
const MAX_LINES = 100_000
const MAX_SOURCES = 10_000
/** Longest name of a source; one is pasted into a stack for each place in it. */
const MAX_NAME = 500

/** JSON of the map, or undefined. `onUnusable` is told why there is none, unless there is no file. */
export function readSourceMap(path: string, onUnusable: (text: string) => void): string | undefined {
  return attempt(() => readMapText(path), onUnusable)
}

/** The same of a map's bytes. */
export function reduceSourceMap(bytes: Uint8Array, onUnusable: (text: string) => void): string | undefined {
  return attempt(() => {
    checkSize(bytes.length)
    return new TextDecoder().decode(bytes)
  }, onUnusable)
}

function attempt(read: () => string, onUnusable: (text: string) => void): string | undefined {
  try {
    return reduce(JSON.parse(read()))
  } catch (error) {
    if (!isMissing(error)) {
      const text = error instanceof SyntaxError ? 'is not JSON' : (error as Error).message
      onUnusable(`the source map ${text}; stacks will name places of the bundle`)
    }
    return undefined
  }
}

/** The whole file. Throws CONFIG_INVALID. */
export function readMapText(path: string): string {
  return new TextDecoder().decode(readRegularFile(path, checkSize))
}

function checkSize(bytes: number): void {
  if (bytes > MAX_SOURCE_MAP_BYTES) refuse(`has ${bytes} bytes; at most ${MAX_SOURCE_MAP_BYTES} are read`)
}

function reduce(map: unknown): string {
  if (typeof map !== 'object' || map === null) return refuse('is not an object')
  const { version, mappings, sources } = map as Record<string, unknown>
  if (version !== 3 || typeof mappings !== 'string' || !Array.isArray(sources)) {
    return refuse('is not a plain map of version 3')
  }
  if (mappings.length > MAX_MAPPINGS || sources.length > MAX_SOURCES) return refuse('is too large')
  if (mappings.split(';').length > MAX_LINES) return refuse('has too many lines')
  const names = sources.map((source: unknown) =>
    typeof source === 'string' ? source.slice(0, MAX_NAME) : '',
  )
  return JSON.stringify({ version, mappings, sources: names, names: [] })
}

function refuse(text: string): never {
  throw new NanoError('CONFIG_INVALID', text)
}

function isMissing(error: unknown): boolean {
  return error instanceof NanoError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
}
