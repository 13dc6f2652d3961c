/** The engine's settings are changed in the engine that is known, and in no other memory. */
import { describe, it } from 'vitest'
import { engineHash } from './spliced-engine.ts'
import { tuneEngine } from './engine-tuning.ts'

const MIB = 1024 * 1024
const [CONTEXT, RUNTIME] = [2_400_000, 2_430_000]
const COLLECTOR = RUNTIME + 3264
const GROWTH = RUNTIME + 3320
const ZONES = 2_440_000
const [SMALL, LARGE] = [2_450_000, 2_460_000]

/** A memory with what is looked at, as the engine leaves it. */
function toMemory() {
  const view = new DataView(new ArrayBuffer(3 * MIB))
  const set = (at: number, value: number) => view.setUint32(at, value, true)
  set(2_384_796, CONTEXT)
  set(CONTEXT + 108, RUNTIME)
  set(CONTEXT + 112, 0x01fb_050f)
  set(RUNTIME + 68, CONTEXT)
  for (const [i, value] of [32, 0.25, 64, 27].entries()) set(COLLECTOR + 4 * i, value * MIB)
  set(COLLECTOR + 72, 38 * MIB)
  view.setFloat64(GROWTH, 3, true)
  set(RUNTIME + 976, ZONES)
  set(RUNTIME + 980, 2)
  for (const [i, zone] of [SMALL, LARGE].entries()) {
    set(ZONES + 4 * i, zone)
    set(zone, RUNTIME)
    set(zone + 20, zone === LARGE ? 5 * MIB : 1 * MIB)
    set(zone + 36, 29 * MIB)
    set(zone + 60, 57 * MIB)
  }
  return { view, options: () => view.getUint32(CONTEXT + 112, true) }
}

describe('the settings of the engine', () => {
  it('that is installed are known, and change', ({ expect }) => {
    const { view, options } = toMemory()
    expect(tuneEngine(view.buffer, { engine: engineHash, asyncStacks: false })).toBe(true)
    expect(options()).toBe(0x01fb_040f)
    expect(view.getUint32(COLLECTOR, true)).toBe(0xffff_ffff)
    expect(view.getUint32(COLLECTOR + 8, true)).toBe(4 * MIB)
    expect(view.getFloat64(GROWTH, true)).toBe(1.5)
  })

  it('say for each zone when it is first collected, by what is in it', ({ expect }) => {
    const { view } = toMemory()
    tuneEngine(view.buffer, { engine: engineHash, asyncStacks: false })
    const read = (at: number) => view.getUint32(at, true) / MIB
    expect([36, 40, 60, 64].map((at) => read(SMALL + at))).toEqual([3, 67, 8, 72])
    expect([36, 40, 60, 64].map((at) => read(LARGE + at))).toEqual([10, 74, 8, 72])
  })

  it('let a zone be that is collected sooner', ({ expect }) => {
    const { view } = toMemory()
    view.setUint32(SMALL + 36, MIB, true)
    tuneEngine(view.buffer, { engine: engineHash, asyncStacks: false })
    expect(view.getUint32(SMALL + 36, true)).toBe(MIB)
  })

  it('leave stacks as they are if they are wanted', ({ expect }) => {
    const { view, options } = toMemory()
    tuneEngine(view.buffer, { engine: engineHash, asyncStacks: true })
    expect(options()).toBe(0x01fb_050f)
  })

  it('of another engine stay as they are', ({ expect }) => {
    const { view } = toMemory()
    const before = view.buffer.slice(0)
    expect(tuneEngine(view.buffer, { engine: 'f'.repeat(64), asyncStacks: false })).toBe(false)
    expect(Buffer.compare(Buffer.from(before), Buffer.from(view.buffer))).toBe(0)
  })

  it.for([
    ['options', CONTEXT + 112, 0x01fb_040f],
    ['a context of another runtime', RUNTIME + 68, CONTEXT + 8],
    ['another nursery', COLLECTOR + 8, MIB],
    ['a zone of another runtime', SMALL, RUNTIME + 8],
    ['no zones', RUNTIME + 980, 0],
    ['an address beyond the memory', CONTEXT + 108, 0xffff_fff0],
  ] as const)('are refused with %s', ([, at, value], { expect }) => {
    const { view } = toMemory()
    view.setUint32(at, value, true)
    const before = view.buffer.slice(0)
    const tune = () => tuneEngine(view.buffer, { engine: engineHash, asyncStacks: false })
    expect(tune).toThrow(/^expected the engine's (?:settings|zones) to be .*, got /)
    expect(Buffer.compare(Buffer.from(before), Buffer.from(view.buffer))).toBe(0)
  })
})
