/**
 * What the engine's edits cost and save: the same guests on the engine as it is served, on the same engine without the checks
 * that stop a guest at its deadline (host/wasm/epoch.ts), and on one whose interpreter is as it came
 * (host/engine/starlingmonkey/lean-interpreter.ts). Turn by turn in one process and on one thread, all benchmarks in every
 * round, so that whatever else the machine does meets all alike.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { buildApp } from '../host/build/build.ts'
import { readComponent } from '../host/component/read.ts'
import { splitComponent } from '../host/component/skeleton.ts'
import { DEFAULT_LIMITS } from '../host/config/limits.ts'
import { buildEngine, toEngineDirectory } from '../host/engine/build-engine.ts'
import { MODULE_FILE, openEngine } from '../host/engine/engine.ts'
import { loadEngine } from '../host/engine/load.ts'
import { leanInterpreter } from '../host/engine/starlingmonkey/lean-interpreter.ts'
import { splitImage } from '../host/image/image.ts'
import type { InstanceParts } from '../host/instance/contract.ts'
import { Epoch } from '../host/limits/epoch.ts'
import { Ticker } from '../host/limits/ticker.ts'
import { callByName } from '../host/wasm/call-by-name.ts'
import { stripData } from '../host/wasm/data-segments.ts'
import { addEpochChecks } from '../host/wasm/epoch.ts'
import { importMemory } from '../host/wasm/memory.ts'
import { encodeModule, type Section } from '../host/wasm/sections.ts'
import { exportState } from '../host/wasm/state.ts'
import { median } from './figure.ts'
import type { Bench } from './figure.ts'
import { LoneGuest } from './lone-guest.ts'

const GUEST = fileURLToPath(new URL('micro-guest.ts', import.meta.url))

/** Turns of each engine that are not measured: V8 compiles the better code meanwhile. */
const WARM_UP = 30
/** Turns of each engine for each second that a measure may take. */
const ROUNDS_PER_SECOND = 15
/** Hello is short: so many of its turns are one measure. */
const HELLO_TURNS = 200

/** By their paths in the guest. */
const BENCHMARKS = [
  'recursion',
  'sort',
  'regexp',
  'json',
  'strings',
  'typed-arrays',
  'maps',
  'objects',
  'hash',
  'promises',
  'bytes',
  'hello',
]

export async function micro(bench: Bench): Promise<void> {
  const { component } = await buildApp({ entry: GUEST })
  const checked = openEngine(await buildEngine(component, bench.directory))
  const { segments, memoryMinPages } = splitComponent(component)
  const parts = {
    image: splitImage(segments, memoryMinPages),
    env: {},
    limits: { ...DEFAULT_LIMITS, cpuMs: 60_000, memoryMb: 1024, recycleMemoryMb: 1024 },
  }
  using ticker = new Ticker(1, (cause) => {
    throw cause
  })
  await ticker.ready
  const epoch = new Epoch(ticker.epochs[0])
  const main = readComponent(component).mainSections
  const modules = {
    served: checked.module,
    unchecked: withoutChecks(main, component, bench.directory),
    came: compile(addEpochChecks(toMain(main))),
  }
  using guests = new DisposableStack()
  const timed = Object.entries(modules).map(([name, module]) => {
    const engine = loadEngine({ ...checked, module })
    return { name, guest: guests.use(new TimedGuest({ ...parts, engine }, epoch)) }
  })
  const times = new Map(BENCHMARKS.map((name) => [name, timed.map((): number[] => [])]))
  bench.tell('micro-benchmarks, with and without edits of the engine')
  const rounds = WARM_UP + bench.seconds * ROUNDS_PER_SECOND
  for (let round = 0; round < rounds; round++) {
    for (const [name, each] of times) {
      const turns = name === 'hello' ? HELLO_TURNS : 1
      for (const i of timed.keys()) {
        // who comes first changes
        const at = (i + round) % timed.length
        each[at]!.push(await timed[at]!.guest.measure(name, turns))
      }
    }
  }
  add('with checks to without', 'unchecked', 'wanted: 1.10 at the most')
  add('to the interpreter as it came', 'came', '')

  function add(title: string, other: keyof typeof modules, wanted: string): void {
    const [served, at] = [0, Object.keys(modules).indexOf(other)]
    const ratios = Array.from(times, ([name, each]) => {
      const [ms, otherMs] = [served, at].map((i) => median(each[i]!.slice(WARM_UP))) as [number, number]
      const note = `${ms.toFixed(3)} ms, ${otherMs.toFixed(3)} ms`
      bench.add({ name: `${name}, ${title}`, value: ms / otherMs, unit: 'x', note })
      return ms / otherMs
    })
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length)
    bench.add({ name: `geometric mean, ${title}`, value: mean, unit: 'x', note: wanted })
  }
}

function toMain(sections: readonly Section[]): Section[] {
  return importMemory(exportState(stripData(sections)))
}

function compile(sections: readonly Section[]): WebAssembly.Module {
  return new WebAssembly.Module(encodeModule(callByName(sections)))
}

/** The engine without checks; throws unless they are all that makes the difference. */
function withoutChecks(main: readonly Section[], component: Uint8Array, cache: string): WebAssembly.Module {
  const lean = toMain(leanInterpreter(main))
  const { skeletonHash } = splitComponent(component)
  const served = readFileSync(join(toEngineDirectory(cache, skeletonHash), MODULE_FILE))
  if (!served.equals(encodeModule(callByName(addEpochChecks(lean))))) {
    throw new Error('the engine differs from the plain one by more than its checks')
  }
  return compile(lean)
}

/** Knows what its turns take. */
class TimedGuest implements Disposable {
  readonly #guest: LoneGuest
  #turnMs = 0

  constructor(parts: InstanceParts, epoch: Epoch) {
    this.#guest = new LoneGuest(parts, epoch, (ms) => (this.#turnMs += ms))
  }

  /** Milliseconds of a turn, the mean of some. */
  async measure(name: string, turns: number): Promise<number> {
    this.#turnMs = 0
    for (let i = 0; i < turns; i++) await this.#guest.ask(`/${name}`)
    return this.#turnMs / turns
  }

  [Symbol.dispose](): void {
    this.#guest[Symbol.dispose]()
  }
}
