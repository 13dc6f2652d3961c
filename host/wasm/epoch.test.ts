/** Checks against V8: whatever could go on for ever ends at its deadline, and does what it did before otherwise. */
import { Worker } from 'node:worker_threads'
import { assert, integer, property } from 'fast-check'
import { describe, it } from 'vitest'
import { addEpochChecks, EPOCH_IMPORT, EPOCH_WORD } from './epoch.ts'
import { importMemory, MEMORY_IMPORT } from './memory.ts'
import { MalformedWasm } from './reader.ts'
import { encodeModule, findSection, SECTION, type Section } from './sections.ts'
import { Writer } from './writer.ts'

// function 0 is imported and moves the time on; all others take and give an i32
const TICK = [0x10, 0]
const N = [0x20, 0]
/** n - 1, kept. */
const DECREMENT = [...N, 0x41, 1, 0x6b, 0x22, 0]
const LOOP = [0x03, 0x40]
const END = 0x0b
/** Gives n. */
const DONE = [...N, END]
const FILL = [0x41, 0, 0x41, 0, 0x41, 0x80, 0x80, 4, 0xfc, 11, 0]
const IF_DONE_RETURN = [...N, 0x45, 0x04, 0x40, ...N, 0x0f, END]

/** Bodies; each goes round n times and is named for its way back. */
const ROUNDS: Readonly<Record<string, number[][]>> = {
  br_if: [[...LOOP, ...TICK, ...DECREMENT, 0x0d, 0, END, ...DONE]],
  br: [[...LOOP, ...TICK, ...DECREMENT, 0x04, 0x40, 0x0c, 1, END, END, ...DONE]],
  br_table: [
    // outside of the loop when n is 0, else to its beginning
    [0x02, 0x40, ...LOOP, ...TICK, ...DECREMENT, 0x0e, 1, 1, 0, END, END, ...DONE],
  ],
  'the inner one of two loops': [
    [...LOOP, ...LOOP, ...TICK, ...DECREMENT, 0x0d, 0, END, ...N, 0x0d, 0, END, ...DONE],
  ],
  'the outer one of two loops': [[...LOOP, ...TICK, ...LOOP, END, ...DECREMENT, 0x0d, 0, END, ...DONE]],
  'a loop with a parameter': [
    // type 0: takes an i32 and gives one
    [...N, 0x03, 0, 0x21, 0, ...TICK, ...DECREMENT, ...N, 0x0d, 0, END, 0x1a, ...DONE],
  ],
  'a loop that fills memory': [[...LOOP, ...FILL, ...TICK, ...DECREMENT, 0x0d, 0, END, ...DONE]],
  recursion: [[...IF_DONE_RETURN, ...TICK, ...DECREMENT, 0x10, 1, END]],
  'mutual recursion': [
    [...IF_DONE_RETURN, ...TICK, ...DECREMENT, 0x10, 2, END],
    [...IF_DONE_RETURN, ...TICK, ...DECREMENT, 0x10, 1, END],
  ],
  'a circle of three, entered from outside': [
    [...N, 0x10, 3, END],
    [...N, 0x10, 4, END],
    [...N, 0x10, 2, END],
    [...IF_DONE_RETURN, ...TICK, ...DECREMENT, 0x10, 3, END],
  ],
  'two circles with a function in common': [
    [
      ...IF_DONE_RETURN,
      ...TICK,
      ...DECREMENT,
      0x41,
      1,
      0x71,
      0x04,
      0x7f,
      ...N,
      0x10,
      2,
      0x05,
      ...N,
      0x10,
      3,
      END,
      END,
    ],
    [...N, 0x10, 1, END],
    [...N, 0x10, 1, END],
  ],
  'a circle by name and by the table': [
    [...IF_DONE_RETURN, ...TICK, ...DECREMENT, 0x10, 2, END],
    [...N, 0x41, 0, 0x11, 0, 0, END],
  ],
  call_indirect: [[...IF_DONE_RETURN, ...TICK, ...DECREMENT, 0x41, 0, 0x11, 0, 0, END]],
  return_call: [[...IF_DONE_RETURN, ...TICK, ...DECREMENT, 0x12, 1, END]],
  return_call_indirect: [[...IF_DONE_RETURN, ...TICK, ...DECREMENT, 0x41, 0, 0x13, 0, 0, END]],
}

/** A module of these functions, the first of them also in its table, with a memory of a page. */
function makeModule(bodies: readonly number[][]): Section[] {
  const code = new Writer().u32(bodies.length)
  // each with one local more, so that there is something to step over
  for (const body of bodies) code.u32(body.length + 3).append(Uint8Array.of(1, 1, 0x7f, ...body))
  const exports = new Writer().u32(1).name('run').u8(0).u32(1)
  return [
    { id: SECTION.type, payload: Uint8Array.of(2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 0) },
    { id: SECTION.import, payload: new Writer().u32(1).name('test').name('tick').u8(0).u32(1).finish() },
    { id: SECTION.function, payload: Uint8Array.of(bodies.length, ...bodies.map(() => 0)) },
    { id: SECTION.table, payload: Uint8Array.of(1, 0x70, 0, 1) },
    { id: SECTION.memory, payload: Uint8Array.of(1, 0, 1) },
    { id: SECTION.export, payload: exports.finish() },
    { id: SECTION.element, payload: Uint8Array.of(1, 0, 0x41, 0, 0x0b, 1, 1) },
    { id: SECTION.code, payload: code.finish() },
  ]
}

class Guest {
  readonly epoch = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  readonly words = new Int32Array(this.epoch.buffer)
  ticks = 0
  #most = 0
  readonly #run: (n: number) => unknown

  constructor(bodies: readonly number[][]) {
    const sections = addEpochChecks(importMemory(makeModule(bodies)))
    const tick = (): void => {
      if (++this.ticks === this.#most) this.words[EPOCH_WORD.deadline] = -1
    }
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(encodeModule(sections)), {
      test: { tick },
      [MEMORY_IMPORT.module]: {
        [MEMORY_IMPORT.name]: new WebAssembly.Memory({ initial: 1 }),
        [EPOCH_IMPORT.name]: this.epoch,
      },
    })
    this.#run = exports['run'] as (n: number) => unknown
  }

  /** Goes round so many times, with so many ticks until its time is over. */
  run(rounds: number, ticks: number, deadline = 0): unknown {
    this.ticks = 0
    this.#most = ticks
    this.words[EPOCH_WORD.deadline] = ticks > 0 ? deadline : -1
    return this.#run(rounds)
  }
}

describe.for(Object.entries(ROUNDS))('%s', ([, bodies]) => {
  it('does what it did when there is time', ({ expect }) => {
    const guest = new Guest(bodies)
    expect([guest.run(100, 1000), guest.ticks]).toEqual([0, 100])
  })

  it('traps in the round in which its time is over', ({ expect }) => {
    const guest = new Guest(bodies)
    expect(() => guest.run(1000, 10)).toThrow(WebAssembly.RuntimeError)
    expect(guest.ticks).toBe(10)
  })

  it('does not begin without time', ({ expect }) => {
    const guest = new Guest(bodies)
    for (const late of [0, -1, -100_000]) {
      expect(() => guest.run(1000, late)).toThrow('unreachable')
      // a circle is checked in one place, which need not be where it is entered
      expect(guest.ticks).toBeLessThanOrEqual(1)
    }
  })
})

describe('a deadline', () => {
  it('is over when the word is negative, whatever it says', ({ expect }) => {
    const guest = new Guest(ROUNDS['br_if']!)
    assert(
      property(integer(), (deadline) => {
        const run = (): unknown => guest.run(20, 1000, deadline)
        if (deadline < 0) expect(run).toThrow('unreachable')
        else expect(run()).toBe(0)
      }),
    )
    for (const far of [0, 2 ** 31 - 1]) expect(guest.run(20, 1000, far)).toBe(0)
    expect(() => guest.run(20, 1000, -(2 ** 31))).toThrow('unreachable')
  })

  it('is seen by a guest that never leaves, when another thread ends its time', async ({ expect }) => {
    // 2 ** 31 rounds of nothing: seconds, if nobody stops it
    const guest = new Guest([[...LOOP, ...DECREMENT, 0x0d, 0, END, ...DONE]])
    const source = `
      const { workerData } = require('node:worker_threads')
      const words = new Int32Array(workerData.buffer)
      Atomics.store(words, ${EPOCH_WORD.now}, 1)
      // again, for the guest may begin later
      for (;;) {
        Atomics.wait(words, ${EPOCH_WORD.turns}, 0, 20)
        Atomics.store(words, ${EPOCH_WORD.deadline}, -1)
      }`
    const thread = new Worker(source, { eval: true, workerData: guest.epoch })
    while (guest.words[EPOCH_WORD.now] === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(() => guest.run(2 ** 31, Infinity)).toThrow('unreachable')
    await thread.terminate()
  })
})

describe('what is left as it is', () => {
  it('a function that neither loops nor calls, down to its bytes', ({ expect }) => {
    const leaf = [...FILL, 0x02, 0x40, ...N, 0x0d, 0, END, ...N, 0x41, 2, 0x6c, END]
    const sections = makeModule([leaf])
    const edited = addEpochChecks(importMemory(sections))
    expect(findSection(edited, SECTION.code)).toEqual(findSection(sections, SECTION.code))
    expect(new Guest([leaf]).run(21, -1)).toBe(42)
  })

  it('functions that call each other in no circle, except for their loops', ({ expect }) => {
    const leaf = [...N, 0x41, 2, 0x6c, END]
    const caller = [...N, 0x10, 1, 0x10, 1, END]
    const sections = makeModule([leaf, caller, caller])
    const edited = addEpochChecks(importMemory(sections))
    expect(findSection(edited, SECTION.code)).toEqual(findSection(sections, SECTION.code))
    const looping = [...LOOP, ...TICK, ...DECREMENT, 0x0d, 0, END, ...DONE]
    const guest = new Guest([[...N, 0x10, 3, 0x1a, ...N, 0x10, 3, END], leaf, looping])
    expect([guest.run(5, 100), guest.ticks]).toEqual([0, 10])
    expect(() => guest.run(5, 9)).toThrow('unreachable')
  })

  it('a module without code, but for its imports', ({ expect }) => {
    const memory = { id: SECTION.memory, payload: Uint8Array.of(1, 0, 1) }
    const [imports, ...rest] = addEpochChecks(importMemory([memory]))
    expect([imports!.id, rest]).toEqual([SECTION.import, []])
  })

  it('a module with other memories is refused', ({ expect }) => {
    const sections = makeModule(ROUNDS['br']!)
    const once = addEpochChecks(importMemory(sections))
    expect(() => addEpochChecks(sections)).toThrow(MalformedWasm)
    expect(() => addEpochChecks(once)).toThrow('other memories')
  })

  it('bytes that are no code are refused', ({ expect }) => {
    const withCode = (...payload: number[]): Section[] =>
      importMemory([
        { id: SECTION.memory, payload: Uint8Array.of(1, 0, 1) },
        { id: SECTION.code, payload: Uint8Array.from(payload) },
      ])
    expect(() => addEpochChecks(withCode(1, 3, 0, 0xff, END))).toThrow('unknown opcode')
    expect(() => addEpochChecks(withCode(1, 9, 0, END))).toThrow(MalformedWasm)
    expect(() => addEpochChecks(withCode(1, 2, 0, END, 0))).toThrow('after the last function')
  })
})
