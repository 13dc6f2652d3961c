/**
 * What the main module imports directly, past jco's glue and adapter: its memory, the one
 * that holds its deadline (wasm/epoch.ts), and the few functions that an engine
 * calls often. It asks for the time a dozen times per turn, which costs a tenth of a millisecond each through the
 * adapter and next to nothing here.
 *
 * Arguments are pointers from a guest that may be hostile: each is read through a view of the guest's own memory,
 * which refuses what lies outside of it, and nothing loops or copies without a bound.
 */
import { EPOCH_IMPORT } from '../wasm/epoch.ts'
import { MEMORY_IMPORT } from '../wasm/memory.ts'
import type { EngineClock } from './wasi.ts'

/** The host's side of what an engine calls. */
export interface EngineHost {
  readonly clock: EngineClock
  /** What the engine prints, such as an assertion that failed. Not the app's log. */
  readonly stderr: (text: string) => void
  /** The shard's words of wasm/epoch.ts. */
  readonly epoch: WebAssembly.Memory
}

const PREVIEW1 = 'wasi_snapshot_preview1'
const MONOTONIC_CLOCK = 'wasi:clocks/monotonic-clock@'

/** Codes of WASI preview 1. */
const ERRNO = { success: 0, badFile: 8, invalid: 28 } as const
const CLOCK = { realtime: 0, monotonic: 1 } as const
const STDERR = 2
const STDOUT = 1

const MAX_VECTORS = 1024
/** Bytes of one write that are kept; the rest counts as written. */
const MAX_TEXT = 65_536

/** The main module's imports with memory and hot functions put in. */
export function hookImports(
  imports: WebAssembly.Imports,
  memory: WebAssembly.Memory,
  host: EngineHost,
): WebAssembly.Imports {
  const { clock } = host
  const hooked: WebAssembly.Imports = {
    ...imports,
    [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: memory, [EPOCH_IMPORT.name]: host.epoch },
  }
  let view = new DataView(memory.buffer)
  // growing a memory takes its buffer away, and with it every view
  const viewMemory = (): DataView =>
    view.buffer === memory.buffer ? view : (view = new DataView(memory.buffer))

  const clockTimeGet = (id: number, _precision: bigint, result: number): number => {
    if (id !== CLOCK.realtime && id !== CLOCK.monotonic) return ERRNO.invalid
    const now = id === CLOCK.realtime ? clock.wallNs() : clock.monotonicNs()
    viewMemory().setBigUint64(result >>> 0, now, true)
    return ERRNO.success
  }
  const fdWrite = (fd: number, vectors: number, count: number, result: number): number => {
    if (fd !== STDOUT && fd !== STDERR) return ERRNO.badFile
    if (count >>> 0 > MAX_VECTORS) return ERRNO.invalid
    const { text, length } = readVectors(viewMemory(), vectors >>> 0, count)
    viewMemory().setUint32(result >>> 0, length, true)
    if (text !== '') host.stderr(text)
    return ERRNO.success
  }

  hooked[PREVIEW1] = { ...imports[PREVIEW1], clock_time_get: clockTimeGet, fd_write: fdWrite }
  for (const [name, functions] of Object.entries(imports)) {
    if (name.startsWith(MONOTONIC_CLOCK)) hooked[name] = { ...functions, now: () => clock.monotonicNs() }
  }
  return hooked
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
