/**
 * Engines on disk. One directory per skeleton and generator holds the module that `build-engine.ts` made of a component;
 * opening it compiles the module, once for the whole process.
 *
 *     <cache>/engines/<hash>-<generator>/     engine.json  engine.wasm
 *     <package>/engines/<hash>-<generator>/   engine.json  engine.wasm.zst     of a release
 *
 * What is in the module is what keeps tenants apart: a cache that others can write to is not used. The manifest has the
 * hash of the module, and one that has another is not used either.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { NanoError } from '../errors.ts'
import type { CompiledEngine } from './guest.ts'
import { findWorld, WORLD_VERSIONS, type World } from './worlds.ts'

export const MANIFEST_FILE = 'engine.json'
export const MODULE_FILE = 'engine.wasm'
/** What the name of a compressed file ends with. */
export const COMPRESSED = '.zst'

/** More than an engine has. */
const MOST_BYTES = 64 * 1024 * 1024

/** Bits of a file's mode: group and others may write. */
const OTHERS_WRITE = 0o022
const ROOT = 0

const ADVICE = 'Build the app again with this version of NANO.'

/** What is in an engine's directory. */
export interface EngineManifest {
  readonly hash: string
  /** The version of the world that its calls are laid out for, and how it lays them out. */
  readonly world: string
  readonly structure: string
  /** SHA-256 of the module, before it is compressed. */
  readonly module: string
}

/** How often the costly steps were taken; tests hold that it is once per engine. */
export interface EngineCounters {
  generates: number
  compiles: number
}

/** Opens the engine in `directory`. Its module is compiled lazily, function by function, when first called. */
export function openEngine(directory: string, counters?: EngineCounters): CompiledEngine {
  const manifest = JSON.parse(readFileSync(join(directory, MANIFEST_FILE), 'utf8')) as EngineManifest
  const world = toWorld(manifest)
  if (world === undefined) {
    throw new NanoError(
      'ENGINE_UNKNOWN',
      `the engine ${manifest.hash.slice(0, 12)} was made for another world: expected one of ${WORLD_VERSIONS.join(', ')} ` +
        `as this version of NANO has them, got ${manifest.world}. ${ADVICE}`,
    )
  }
  const module = readModule(directory, manifest.module)
  if (counters !== undefined) counters.compiles++
  return { hash: manifest.hash, world: world.version, module: new WebAssembly.Module(module) }
}

/** Throws ARTIFACT_BROKEN unless it is what was written. */
function readModule(directory: string, expected: string): Buffer<ArrayBuffer> {
  const path = join(directory, MODULE_FILE)
  const bytes = readMaybeCompressed(path)
  const actual = toFileHash(bytes)
  if (actual === expected) return bytes
  throw new NanoError(
    'ARTIFACT_BROKEN',
    `${path}: expected the SHA-256 ${expected}, got ${actual}. Install nano-workers again, or, if it is a cache, ` +
      `remove ${directory}.`,
  )
}

function readMaybeCompressed(path: string): Buffer<ArrayBuffer> {
  if (existsSync(path)) return readFileSync(path)
  const compressed = `${path}${COMPRESSED}`
  try {
    return zstdDecompressSync(readFileSync(compressed), { maxOutputLength: MOST_BYTES })
  } catch (cause) {
    const text = `${compressed} cannot be read: ${(cause as Error).message}. Install nano-workers again.`
    throw new NanoError('ARTIFACT_BROKEN', text, { cause })
  }
}

/** As manifests name a module. */
export function toFileHash(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** Whether nobody else can put anything there. Not all systems know owners. */
export function isPrivate(path: string): boolean {
  const own = process.getuid?.()
  const { uid, mode } = statSync(path)
  return own === undefined || ((uid === own || uid === ROOT) && (mode & OTHERS_WRITE) === 0)
}

/** Throws for an engine's directory into which somebody else can put code. */
export function expectPrivate(directory: string): void {
  for (const path of [dirname(directory), directory]) {
    if (isPrivate(path)) continue
    throw new NanoError(
      'CONFIG_INVALID',
      `${path} holds code that NANO runs, and others can write to it. ` +
        'Take that right away from them, or choose a NANO_CACHE_DIR that is yours alone.',
    )
  }
}

/** Undefined when this host cannot talk to the engine's guests. */
function toWorld(manifest: EngineManifest): World | undefined {
  const world = findWorld(manifest.world)
  return world?.structure === manifest.structure ? world : undefined
}
