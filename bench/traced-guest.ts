/** A guest on an engine that writes down what it does (trace.ts). */

import { readComponent } from '../host/component/read.ts'
import { splitComponent } from '../host/component/skeleton.ts'
import { DEFAULT_LIMITS } from '../host/config/limits.ts'
import { buildEngine } from '../host/engine/build-engine.ts'
import { openEngine } from '../host/engine/engine.ts'
import { loadEngine } from '../host/engine/load.ts'
import { leanInterpreter } from '../host/engine/starlingmonkey/lean-interpreter.ts'
import { splitImage } from '../host/image/image.ts'
import { createBell, Epoch } from '../host/limits/epoch.ts'
import { callByName } from '../host/wasm/call-by-name.ts'
import { stripData } from '../host/wasm/data-segments.ts'
import { importMemory } from '../host/wasm/memory.ts'
import { encodeModule } from '../host/wasm/sections.ts'
import { exportState } from '../host/wasm/state.ts'
import { median } from './figure.ts'
import { LoneGuest } from './lone-guest.ts'
import { addTrace, FUNCTION_BYTES, FUNCTIONS, LINE, LINES, TRACE_PAGES } from './trace.ts'

/** What a turn does: the same on every machine. */
export interface Touched {
  /** Of 64 bytes, that are read or written. */
  readonly lines: number
  /** Lines that are written. */
  readonly written: number
  /** Of 4 KiB, that have such lines. */
  readonly pages: number
  /** Of the engine's code, but for blocks, locals and constants, which no machine has. */
  readonly instructions: number
  /** Of the engine, that run. */
  readonly functions: number
}

/** Turns until nothing in them is the first of its kind. */
const WARM_UP = 30
/** Some of them meet a collection. */
const TURNS = 9
const PAGE = 4096

export class TracedGuest implements Disposable {
  readonly #guest: LoneGuest
  readonly #trace: Uint8Array
  readonly #functions: BigUint64Array

  private constructor(guest: LoneGuest, trace: ArrayBuffer) {
    this.#guest = guest
    this.#trace = new Uint8Array(trace, LINES)
    this.#functions = new BigUint64Array(trace, FUNCTIONS)
  }

  /** `cache`: where engines are built. */
  static async open(component: Uint8Array, cache: string): Promise<TracedGuest> {
    const compiled = openEngine(await buildEngine(component, cache))
    const { mainSections } = readComponent(component)
    const main = addTrace(callByName(importMemory(exportState(stripData(leanInterpreter(mainSections))))))
    const traced = new WebAssembly.Module(encodeModule(main))
    const engine = loadEngine({ ...compiled, module: traced })
    const { segments, memoryMinPages } = splitComponent(component)
    const memory = new WebAssembly.Memory({ initial: TRACE_PAGES, maximum: TRACE_PAGES, shared: true })
    const parts = { engine, image: splitImage(segments, memoryMinPages), env: {}, limits: DEFAULT_LIMITS }
    return new TracedGuest(new LoneGuest(parts, new Epoch({ memory, bell: createBell() })), memory.buffer)
  }

  /** Of one turn, with what came before it. */
  async trace(path: string): Promise<Touched> {
    this.#trace.fill(0)
    await this.#guest.ask(path)
    return this.#read()
  }

  /** Of a turn as most are: each figure is a median. */
  async traceMost(path: string): Promise<Touched> {
    for (let i = 0; i < WARM_UP; i++) await this.#guest.ask(path)
    const turns: Touched[] = []
    for (let i = 0; i < TURNS; i++) turns.push(await this.trace(path))
    const most = (name: keyof Touched): number => median(turns.map((turn) => turn[name]))
    return {
      lines: most('lines'),
      written: most('written'),
      pages: most('pages'),
      instructions: most('instructions'),
      functions: most('functions'),
    }
  }

  [Symbol.dispose](): void {
    this.#guest[Symbol.dispose]()
  }

  #read(): Touched {
    const pages = new Set<number>()
    let [lines, written, instructions, functions] = [0, 0, 0, 0]
    for (const [line, flags] of this.#trace.subarray(0, FUNCTIONS - LINES).entries()) {
      if (flags === 0) continue
      lines++
      if (flags > 1) written++
      pages.add(Math.floor((line * LINE) / PAGE))
    }
    const words = FUNCTION_BYTES / BigUint64Array.BYTES_PER_ELEMENT
    for (let at = 0; at < this.#functions.length; at += words) {
      if (this.#functions[at] === 0n) continue
      functions++
      instructions += Number(this.#functions[at + 1])
    }
    return { lines, written, pages: pages.size, instructions, functions }
  }
}
