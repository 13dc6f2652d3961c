/**
 * Runs a module's initialiser and writes down what it left: a new module of the same code that begins where the
 * initialiser ended. The counterpart of `host/image`, which lays such a memory into an instance.
 *
 *     parse > export the mutable globals > instantiate > run > clear what is free
 *           > memory to data segments, globals to initial values
 *
 * Code, types, tables and elements keep their bytes, so every app of one engine and world has the same ones. The data
 * count section goes: nothing refers to segments by number, and it alone would differ from app to app.
 */
import vm from 'node:vm'
import { readDataSegments, withDataSegments, type DataSegment } from '../wasm/data-segments.ts'
import { readExports, withExports } from '../wasm/exports.ts'
import { exportGlobals, GLOBAL_EXPORT, readGlobals, withGlobals, withValue } from '../wasm/globals.ts'
import { MAX_PAGES, readMemory, WASM_PAGE, withMemory } from '../wasm/memory.ts'
import { dropSections, encodeModule, parseModule, SECTION, type Section } from '../wasm/sections.ts'
import { clearFreeMemory } from './free-memory.ts'

/** Zero bytes between two runs that are cheaper to keep than to open another segment for. */
const SMALLEST_GAP = 32
/** Segments beyond this merge over wider gaps; the tools on the way admit ten times as many. */
const MOST_SEGMENTS = 10_000
/** Called first if the module has it, and gone from the result: a reactor initialises once. */
const REACTOR_START = '_initialize'

/** The initialiser did not come back in time. */
export class FreezeTimeout extends Error {}

/** The initialiser left more than is admitted. */
export class FrozenTooLarge extends Error {}

export interface FreezeOptions {
  readonly initFunction: string
  /** Given access to what it exports, the imports that the module wants. */
  readonly imports: (module: WebAssembly.Module, exports: () => WebAssembly.Exports) => WebAssembly.Imports
  /** Called with the memory and what is exported when the initialiser has ended. */
  readonly finish?: (memory: ArrayBuffer, exports: WebAssembly.Exports) => void
  readonly timeoutMs: number
  /** How large the memory may become while the initialiser runs. */
  readonly memoryBytes: number
  /** How many bytes that are not zero it may leave. */
  readonly mostBytes: number
}

/** The module as it is after its initialiser. */
export function freeze(bytes: Uint8Array<ArrayBuffer>, options: FreezeOptions): Uint8Array<ArrayBuffer> {
  const sections = parseModule(bytes)
  const bounded = boundMemory(exportGlobals(sections), options.memoryBytes)
  const module = new WebAssembly.Module(encodeModule(bounded))
  const instance = new WebAssembly.Instance(
    module,
    options.imports(module, () => instance.exports),
  )
  runWithin(options.timeoutMs, () => {
    for (const name of [REACTOR_START, options.initFunction]) {
      const run = instance.exports[name]
      if (typeof run === 'function') run()
      else if (name === options.initFunction) throw new Error(`the module has no export "${name}"`)
    }
  })
  options.finish?.((instance.exports['memory'] as WebAssembly.Memory).buffer, instance.exports)
  return encodeModule(writeBack(sections, instance, options))
}

/** The module with a memory that grows no further. The result of all this has the maximum that it came with. */
function boundMemory(sections: Section[], bytes: number): Section[] {
  const { min, max = MAX_PAGES } = readMemory(sections)
  return withMemory(sections, min, Math.max(min, Math.min(max, Math.floor(bytes / WASM_PAGE))))
}

function writeBack(
  sections: Section[],
  instance: WebAssembly.Instance,
  { initFunction, mostBytes }: FreezeOptions,
): Section[] {
  const { buffer } = instance.exports['memory'] as WebAssembly.Memory
  const { max } = readMemory(sections)
  const globals = readGlobals(sections).map((global, index) =>
    global.mutable
      ? withValue(global, (instance.exports[`${GLOBAL_EXPORT}${index}`] as WebAssembly.Global).value)
      : global,
  )
  const exports = readExports(sections).filter(({ name }) => name !== initFunction && name !== REACTOR_START)
  const pages = Math.min(buffer.byteLength / WASM_PAGE, MAX_PAGES)
  const resized = withMemory(withExports(withGlobals(sections, globals), exports), pages, max)
  const memory = new Uint8Array(buffer)
  clearFreeMemory(memory, toStaticEnd(sections))
  const segments = toSegments(memory)
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes.length, 0)
  if (bytes > mostBytes)
    throw new FrozenTooLarge(`the memory holds ${bytes} bytes; at most ${mostBytes} are kept`)
  return withDataSegments(dropSections(resized, SECTION.dataCount), segments)
}

/** Where the module's own data ends. */
function toStaticEnd(sections: readonly Section[]): number {
  return readDataSegments(sections).reduce(
    (end, { offset, bytes }) => Math.max(end, offset + bytes.length),
    0,
  )
}

/** The parts of a memory that are not zero. Runs that are less than a gap apart are one segment. */
export function toSegments(memory: Uint8Array<ArrayBuffer>): DataSegment[] {
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.length >>> 2)
  for (let gap = SMALLEST_GAP; ; gap *= 2) {
    const runs = toRuns(words, gap >>> 2)
    if (runs === undefined) continue
    return runs.map(([start, end]) => ({ offset: start * 4, bytes: memory.subarray(start * 4, end * 4) }))
  }
}

/** Runs of non-zero words as [start, end), or undefined when there are too many: a memory may hold millions. */
function toRuns(words: Int32Array, gap: number): [number, number][] | undefined {
  const runs: [number, number][] = []
  let end = -Infinity
  for (let at = 0; at < words.length; at++) {
    if (words[at] === 0) continue
    if (at - end < gap) runs.at(-1)![1] = at + 1
    else if (runs.push([at, at + 1]) > MOST_SEGMENTS) return undefined
    end = at + 1
  }
  return runs
}

/** Runs a function that may never end. `vm` interrupts WebAssembly too; the code that was cut is not used again. */
function runWithin(timeoutMs: number, run: () => void): void {
  const context = vm.createContext({ run })
  try {
    vm.runInContext('run()', context, { timeout: timeoutMs })
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw new FreezeTimeout(`the app's top level did not end within ${timeoutMs} ms`, { cause: error })
  }
}
