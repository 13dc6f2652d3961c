/**
 * What the main module imports: its memory, the one that holds its deadline (wasm/epoch.ts), the world's own interfaces,
 * and the WASI functions that an engine calls in a turn: clocks, random bytes, standard error. No engine calls any other
 * of WASI; a guest that does has had its memory forged, and ends there.
 *
 * Arguments are pointers from a guest that may be hostile: each is read through a view of the guest's own memory,
 * which refuses what lies outside of it, and nothing loops or copies without a bound.
 */
import { EPOCH_IMPORT } from '../../wasm/epoch.ts'
import { MEMORY_IMPORT } from '../../wasm/memory.ts'
import type { System } from '../guest.ts'
import type { Realloc } from '../guest-writer.ts'
import type { CoreFunctions } from '../worlds.ts'
import { getRandomBytes, getRandomU64 } from './random.ts'

/** Whose guest it is; nobody's guest ends when it calls for something. */
export interface Occupant {
  system: System | undefined
}

/** What hooking takes: the shard's words of wasm/epoch.ts, the world's functions, and the guest's allocator. */
interface Hooks {
  readonly occupant: Occupant
  readonly epoch: WebAssembly.Memory
  readonly world: CoreFunctions
  readonly realloc: Realloc
}

const PREVIEW1 = 'wasi_snapshot_preview1'
const MONOTONIC_CLOCK = 'wasi:clocks/monotonic-clock'
const RANDOM = 'wasi:random/random'

/** Codes of WASI preview 1. */
const ERRNO = { success: 0, badFile: 8, invalid: 28 } as const
const CLOCK = { realtime: 0, monotonic: 1 } as const
const STDIN = 0
const STDOUT = 1
const STDERR = 2
/** Bytes of WASI's `fdstat`. All zero: of an unknown type, so no terminal, and with no rights. */
const FDSTAT_BYTES = 24

const MAX_VECTORS = 1024
/** Bytes of one write that are kept; the rest counts as written. */
const MAX_TEXT = 65_536

/** One import of a main module. */
type CoreImport = ReturnType<typeof WebAssembly.Module.imports>[number]

/** The imports of one engine's main module. */
export class CoreHooks {
  /** All of them, and none with an answer; by module. */
  readonly #closed: readonly (readonly [module: string, functions: WebAssembly.ModuleImports])[]

  /** `imports`: as the module names them. */
  constructor(imports: readonly CoreImport[]) {
    const functions = imports.filter(({ kind }) => kind === 'function')
    const byModule = Map.groupBy(functions, ({ module }) => module)
    this.#closed = Array.from(byModule, ([module, each]) => [module, close(module, each)])
  }

  /** For one instance. */
  toImports(memory: WebAssembly.Memory, host: Hooks): WebAssembly.Imports {
    const direct = toDirect(memory, host)
    const hooked: WebAssembly.Imports = {
      [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: memory, [EPOCH_IMPORT.name]: host.epoch },
    }
    for (const [name, functions] of this.#closed) {
      const [bare = name] = name.split('@')
      hooked[name] = { ...functions, ...direct[bare] }
    }
    return hooked
  }
}

/** What the host answers, by interface without version. */
function toDirect(memory: WebAssembly.Memory, host: Hooks): CoreFunctions {
  const toSystem = (): System => {
    const { system } = host.occupant
    if (system === undefined) throw new Error('the guest is over')
    return system
  }
  let view = new DataView(memory.buffer)
  // growing a memory takes its buffer away, and with it every view
  const viewMemory = (): DataView =>
    view.buffer === memory.buffer ? view : (view = new DataView(memory.buffer))

  const clockTimeGet = (id: number, _precision: bigint, result: number): number => {
    if (id !== CLOCK.realtime && id !== CLOCK.monotonic) return ERRNO.invalid
    const { clock } = toSystem()
    const now = id === CLOCK.realtime ? clock.wallNs() : clock.monotonicNs()
    viewMemory().setBigUint64(result >>> 0, now, true)
    return ERRNO.success
  }
  const fdWrite = (fd: number, vectors: number, count: number, result: number): number => {
    if (fd !== STDOUT && fd !== STDERR) return ERRNO.badFile
    if (count >>> 0 > MAX_VECTORS) return ERRNO.invalid
    const { text, length } = readVectors(viewMemory(), vectors >>> 0, count)
    viewMemory().setUint32(result >>> 0, length, true)
    if (text !== '') toSystem().stderr(text)
    return ERRNO.success
  }

  const fdStat = (fd: number, result: number): number => {
    if (fd < STDIN || fd > STDERR) return ERRNO.badFile
    const at = result >>> 0
    if (at + FDSTAT_BYTES > memory.buffer.byteLength) throw new RangeError('beyond the memory')
    new Uint8Array(memory.buffer, at, FDSTAT_BYTES).fill(0)
    return ERRNO.success
  }

  const randomBytes = (length: bigint, result: number): void => {
    const bytes = getRandomBytes(length)
    const at = host.realloc(0, 0, 1, bytes.length) >>> 0
    new Uint8Array(memory.buffer).set(bytes, at)
    viewMemory().setUint32(result >>> 0, at, true)
    viewMemory().setUint32((result >>> 0) + 4, bytes.length, true)
  }

  return {
    ...host.world,
    [PREVIEW1]: { clock_time_get: clockTimeGet, fd_write: fdWrite, fd_fdstat_get: fdStat },
    [MONOTONIC_CLOCK]: { now: () => toSystem().clock.monotonicNs() },
    [RANDOM]: { 'get-random-bytes': randomBytes, 'get-random-u64': getRandomU64 },
  }
}

/** The functions of a module that the engine has no use for. */
function close(module: string, functions: readonly CoreImport[]): WebAssembly.ModuleImports {
  const refuse = (name: string) => (): never => {
    throw new Error(`the guest called ${module} ${name}, which no engine does`)
  }
  return Object.fromEntries(functions.map(({ name }) => [name, refuse(name)]))
}

function readVectors(view: DataView, vectors: number, count: number): { text: string; length: number } {
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for (let index = 0; index < count; index++) {
    const address = view.getUint32(vectors + index * 8, true)
    const size = view.getUint32(vectors + index * 8 + 4, true)
    const kept = Math.min(size, Math.max(0, MAX_TEXT - length))
    text += decoder.decode(new Uint8Array(view.buffer, address, kept), { stream: true })
    length += size
  }
  return { text: text + decoder.decode(), length }
}
