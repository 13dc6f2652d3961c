/**
 * A guest whose memory somebody forged: its code is NANO's, but what it passes to the host and what its allocator
 * answers is anything. The host must never read or write outside of the guest's memory, keep more than it looks at, or
 * go on for long; a guest that asks for any of it ends with an exception.
 */
import { assert, constantFrom, integer, nat, oneof, property } from 'fast-check'
import { describe, it } from 'vitest'
import type { Event } from '../../wit/worlds.ts'
import { createEpoch } from '../limits/epoch.ts'
import type { Bindings } from './guest.ts'
import { CoreHooks } from './starlingmonkey/core-hooks.ts'
import { findWorld, type World, WORLD_VERSIONS } from './worlds.ts'

type Call = (...args: number[]) => unknown

/** Every world that is served has the same to fear. */
const WORLDS = WORLD_VERSIONS.map((version) => findWorld(version)!)

const PAGE = 65_536
const SIZE = 64 * PAGE
const NOWHERE = [SIZE, SIZE + 1, 2 ** 31, -1, -SIZE, 0xffff_fff0]

/** The host's half of the world, which keeps what it is given. */
function record() {
  const calls: [name: string, ...args: unknown[]][] = []
  const note =
    (name: string) =>
    (...args: unknown[]): true => {
      calls.push([name, ...args])
      return true
    }
  const names = (list: string): Record<string, unknown> =>
    Object.fromEntries(list.split(' ').map((name) => [name, note(name)]))
  const take = (name: string) => (bytes: Uint8Array) => {
    calls.push([name, bytes])
    return new Uint8Array(0)
  }
  const bindings = {
    'nano:workers/response': names('send start write finish fail'),
    'nano:workers/request-body': names('pull cancel'),
    'nano:workers/timer': names('wakeIn'),
    'nano:workers/outbound': names('start write finish pull abort'),
    'nano:workers/console': { ...names('log report'), mapPlaces: take('mapPlaces') },
    'nano:workers/background': names('hold release'),
    'nano:workers/language': names('ask'),
    'nano:workers/crypto': names('text number bytes key start make digestWrite digestFinish'),
  } as unknown as Bindings
  return { calls, bindings }
}

function lift(world: World) {
  const { calls, bindings } = record()
  const memory = new WebAssembly.Memory({ initial: SIZE / PAGE })
  const lifted = world.lift(bindings, memory, () => 0) as unknown as Record<string, Record<string, Call>>
  return { calls, memory, call: (module: string, name: string) => lifted[`nano:workers/${module}`]![name]! }
}

/** What guests of 0.1.0 do not have. */
const SINCE = /^(?:crypto|language)\.|map-places$/

/** Every import that takes bytes, as a function of where they are. */
const TAKERS: [name: string, (call: ReturnType<typeof lift>['call'], at: number, size: number) => unknown][] =
  [
    ['response.send headers', (call, at, size) => call('response', 'send')(1, 200, at, size, 0, 0)],
    ['response.send body', (call, at, size) => call('response', 'send')(1, 200, 0, 0, at, size)],
    ['response.start', (call, at, size) => call('response', 'start')(1, 200, at, size)],
    ['response.write', (call, at, size) => call('response', 'write')(1, at, size)],
    ['response.fail', (call, at, size) => call('response', 'fail')(1, at, size)],
    ['language.ask expert', (call, at, size) => call('language', 'ask')(0, at, size, 0, 0, 0)],
    ['language.ask input', (call, at, size) => call('language', 'ask')(0, 0, 0, at, size, 0)],
    ['crypto.bytes', (call, at, size) => call('crypto', 'bytes')(0, 0, at, size)],
    ['crypto.key', (call, at, size) => call('crypto', 'key')(0, 0, at, size)],
    ['crypto.start data', (call, at, size) => call('crypto', 'start')(1, 0, 0, 0, 0, 0, at, size)],
    ['crypto.digest-write', (call, at, size) => call('crypto', 'digest-write')(1, 0, 0, at, size)],
    ['outbound.start head', (call, at, size) => call('outbound', 'start')(1, at, size, 0, 0, 0, 0)],
    ['outbound.start body', (call, at, size) => call('outbound', 'start')(1, 0, 0, at, size, 0, 0)],
    ['outbound.write', (call, at, size) => call('outbound', 'write')(1, at, size)],
    ['console.log', (call, at, size) => call('console', 'log')(0, at, size)],
    ['console.report', (call, at, size) => call('console', 'report')(at, size)],
    ['console.map-places', (call, at, size) => call('console', 'map-places')(at, size, 0)],
  ]

describe.for(WORLDS)('pointers that a guest passes, world $version', (world) => {
  // A9
  const takers = TAKERS.filter(([name]) => world.version !== '0.1.0' || !SINCE.test(name))
  it.for(takers)('%s: beyond the memory is refused, and nothing is called', ([, take], { expect }) => {
    const { calls, call } = lift(world)
    for (const at of NOWHERE) expect(() => take(call, at, 1)).toThrow(RangeError)
    for (const size of [SIZE + 1, 2 ** 31, -1, 0xffff_fff0])
      expect(() => take(call, 0, size)).toThrow(RangeError)
    expect(() => take(call, SIZE - 4, 5)).toThrow(RangeError)
    // 2 ** 32 bytes from here would come out at the start again
    expect(() => take(call, 16, -8)).toThrow(RangeError)
    expect(calls).toEqual([])
    take(call, SIZE, 0)
    take(call, SIZE - 4, 4)
    expect(calls).toHaveLength(2)
  })

  // A10
  it.for([
    ['console.log', 16 * 1024],
    ['console.report', 16 * 1024],
    ['response.fail', 16 * 1024],
    ['response.send headers', 256 * 1024],
    ['response.start', 256 * 1024],
    ['outbound.start head', 256 * 1024],
  ] as const)('%s: of 4 MiB no more than %d bytes are copied', ([name, most], { expect }) => {
    const { calls, call } = lift(world)
    const [, take] = TAKERS.find(([taker]) => taker === name)!
    for (let i = 0; i < 100; i++) take(call, 0, SIZE)
    const lists = calls.flat().filter((value) => value instanceof Uint8Array)
    const held = new Set(lists.map((list) => list.buffer))
    expect(Math.max(...lists.map((list) => list.length))).toBe(most)
    expect([...held].reduce((sum, buffer) => sum + buffer.byteLength, 0)).toBeLessThanOrEqual(100 * most)
  })

  it('what is copied is no longer the guest’s', ({ expect }) => {
    const { calls, memory, call } = lift(world)
    call('response', 'write')(1, 0, 4)
    new Uint8Array(memory.buffer).fill(7)
    expect(calls[0]![2]).toEqual(new Uint8Array(4))
  })

  it('are read in a memory that has grown', ({ expect }) => {
    const { calls, memory, call } = lift(world)
    call('response', 'write')(1, 0, 4)
    memory.grow(1)
    call('response', 'write')(1, SIZE + 8, 8)
    expect(calls[1]![2]).toEqual(new Uint8Array(8))
  })

  // A11
  it('enums of no case are refused; ids, booleans and statuses are numbers whatever they are', ({
    expect,
  }) => {
    const { calls, call } = lift(world)
    for (const wrong of [4, -1, 255, 2 ** 31, -(2 ** 31), 0.5, NaN]) {
      expect(() => call('console', 'log')(wrong, 0, 0)).toThrow(RangeError)
      expect(() => call('outbound', 'start')(1, 0, 0, 0, 0, 0, wrong)).toThrow(RangeError)
    }
    expect(calls).toEqual([])
    call('outbound', 'start')(-1, 0, 0, 0, 0, 77, 2)
    call('response', 'send')(-2, -3, 0, 0, 0, 0)
    expect(calls[0]!.slice(1, 2)).toEqual([0xffff_ffff])
    expect(calls[0]!.slice(4)).toEqual([true, 'manual'])
    expect(calls[1]!.slice(1, 3)).toEqual([0xffff_fffe, 0xfffd])
  })
})

describe("the engine's own imports", () => {
  function hook(realloc: (...args: number[]) => number = () => 0) {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const printed: string[] = []
    const functions = (module: string, ...names: string[]) =>
      names.map((name) => ({ module, name, kind: 'function' }))
    const hooks = new CoreHooks([
      ...functions('wasi_snapshot_preview1', 'fd_write', 'clock_time_get', 'fd_fdstat_get', 'path_open'),
      ...functions('wasi:random/random@0.2.10', 'get-random-bytes', 'get-random-u64', 'get-more'),
      ...functions('wasi:io/poll@0.2.10', 'poll', '[method]pollable.block', '[resource-drop]pollable'),
      ...functions('wasi:io/streams@0.2.10', '[method]output-stream.subscribe', '[method]input-stream.read'),
      ...functions('nano:workers/unheard-of', 'do'),
    ])
    const hooked = hooks.toImports(memory, {
      occupant: {
        system: { clock: { wallNs: () => 1n, monotonicNs: () => 2n }, stderr: (text) => printed.push(text) },
      },
      epoch: createEpoch().memory,
      world: {},
      realloc,
    }) as unknown as Record<string, Record<string, (...args: (number | bigint)[]) => unknown>>
    const view = new DataView(memory.buffer)
    return { hooked, wasi: hooked['wasi_snapshot_preview1']!, view, printed }
  }

  it('those that no engine calls end the guest', ({ expect }) => {
    const { hooked } = hook()
    const closed = Object.entries(hooked).flatMap(([module, functions]) =>
      Object.entries(functions)
        .filter(([name]) => /path_open|get-more|poll|stream|^do$/.test(name))
        .map(([name, call]) => [module, name, call] as const),
    )
    expect(closed).toHaveLength(8)
    for (const [module, name, call] of closed) {
      expect(() => call(1, 2, 3)).toThrow(`the guest called ${module} ${name}`)
    }
  })

  it('write nowhere but into the memory', ({ expect }) => {
    const { wasi, hooked } = hook()
    const random = hooked['wasi:random/random@0.2.10']!['get-random-bytes']!
    for (const at of [PAGE, PAGE - 1, 2 ** 31, -1]) {
      expect(() => wasi['clock_time_get']!(0, 0n, at)).toThrow(RangeError)
      expect(() => wasi['fd_fdstat_get']!(1, at)).toThrow(RangeError)
      expect(() => wasi['fd_write']!(1, 0, 0, at)).toThrow(RangeError)
      expect(() => wasi['fd_write']!(1, at, 1, 0)).toThrow(RangeError)
      expect(() => random(8n, at)).toThrow(RangeError)
      expect(() => hook(() => at).hooked['wasi:random/random@0.2.10']!['get-random-bytes']!(8n, 0)).toThrow(
        RangeError,
      )
    }
    for (const length of [-1n, 65_537n, 2n ** 62n, -(2n ** 63n)])
      expect(() => random(length, 0)).toThrow(RangeError)
  })

  it('know no other file and no other clock', ({ expect }) => {
    const { wasi } = hook()
    for (const file of [3, -1, 2 ** 31]) {
      expect(wasi['fd_write']!(file, 0, 0, 0)).toBe(8)
      expect(wasi['fd_fdstat_get']!(file, 0)).toBe(8)
    }
    expect(wasi['fd_write']!(0, 0, 0, 0)).toBe(8)
    expect(wasi['clock_time_get']!(2, 0n, 0)).toBe(28)
    expect(wasi['fd_fdstat_get']!(1, 0)).toBe(0)
  })

  // A10
  it('print a bounded text, whatever is announced', ({ expect }) => {
    const { wasi, view, printed } = hook()
    expect(wasi['fd_write']!(2, 0, 1025, 0)).toBe(28)
    expect(wasi['fd_write']!(2, 0, -1, 0)).toBe(28)
    for (let i = 0; i < 1024; i++) view.setUint32(1024 + i * 8 + 4, 60_000, true)
    expect(wasi['fd_write']!(2, 1024, 1024, 0)).toBe(0)
    expect(printed).toHaveLength(1)
    expect(printed[0]!.length).toBeLessThanOrEqual(65_536)
    view.setUint8(40_000, 0xff)
    view.setUint32(0, 40_000, true)
    view.setUint32(4, 1, true)
    wasi['fd_write']!(2, 0, 1, 8)
    expect(printed[1]).toBe('\u{fffd}')
  })
})

describe.for(WORLDS)("the guest's allocator, world $version", (world) => {
  const events: Event[] = [
    { tag: 'startup', val: { env: [{ name: 'a', value: { tag: 'text', val: 'b' } }], object: '' } },
    { tag: 'request', val: { id: 1, method: 'GET', url: 'http://a/', headers: 'a\nb\n', hasBody: true } },
    { tag: 'request-body', val: { id: 1, bytes: new Uint8Array(1000), last: true } },
    { tag: 'timer-due' },
  ]

  it.for([
    ['beyond the memory', (): number => PAGE],
    ['so that the end lies beyond it', () => PAGE - 16],
    ['a negative number', () => -4],
    ['the largest number', () => 0xffff_fffc],
    ['an odd address', () => 3],
    ['a fraction', () => 8.5],
    ['no number', () => NaN],
  ] satisfies [string, () => number][])(
    'that answers %s ends the guest or is no harm',
    ([, cabi_realloc], { expect }) => {
      const memory = new WebAssembly.Memory({ initial: 1 })
      let entered = 0
      const guest = { cabi_realloc, turn: () => void entered++, cabi_post_turn() {} }
      const turn = () => world.lower(guest, memory)(0, events)
      const isWhole = [8, 0].includes(cabi_realloc() >>> 0)
      if (isWhole) turn()
      else expect(turn).toThrow(RangeError)
      expect(entered).toBe(isWhole ? 1 : 0)
    },
  )

  it('that traps is a trap of the guest', ({ expect }) => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const cabi_realloc = (): never => {
      throw new WebAssembly.RuntimeError('unreachable')
    }
    const guest = { cabi_realloc, turn() {}, cabi_post_turn() {} }
    expect(() => world.lower(guest, memory)(0, events)).toThrow(WebAssembly.RuntimeError)
  })

  it('may answer anything, overlap and grow: it is asked a bounded number of times, and nothing else is thrown', ({
    expect,
  }) => {
    const answers = oneof(nat(2 * PAGE), integer(), constantFrom(0, 4, PAGE - 4, PAGE, -1))
    assert(
      property(answers, answers, nat(3), (first, second, growth) => {
        const memory = new WebAssembly.Memory({ initial: 1, maximum: 8 })
        let asked = 0
        const cabi_realloc = (): number => {
          if (growth > 0 && asked < growth) memory.grow(1)
          return asked++ % 2 === 0 ? first : second
        }
        const guest = { cabi_realloc, turn() {}, cabi_post_turn() {} }
        try {
          world.lower(guest, memory)(0, events)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
        expect(asked).toBeLessThanOrEqual(8)
      }),
      { numRuns: 500, seed: 1 },
    )
  })
})
