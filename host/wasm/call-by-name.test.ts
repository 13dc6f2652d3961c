/** Calls by name against V8's own table: the same numbers lead to the same functions, and the others to none. */
import { array, assert, integer, nat, oneof, property, record } from 'fast-check'
import { describe, it } from 'vitest'
import { callByName } from './call-by-name.ts'
import { addEpochChecks, EPOCH_IMPORT } from './epoch.ts'
import { importMemory, MEMORY_IMPORT } from './memory.ts'
import { encodeModule, findSection, SECTION, type Section } from './sections.ts'
import { Writer } from './writer.ts'

const END = 0x0b
const [I32, F64] = [0x7f, 0x7c]
/** More than one dispatcher has. */
const SIZE = 700

/** Parameters and results: of what is in the table, and at the end of what calls it. */
const TYPES = [
  [[I32], [I32]],
  [[I32, I32, F64, I32, I32, I32, I32, I32], [I32]],
  [[], []],
] as const
/** What each of them gives: its own number and what it got; `func` is the function's. */
const toBody = (type: number, func: number): number[] => {
  if (type === 2) return [0, 0x41, func, 0x24, 0, END]
  const sum = type === 0 ? [0x20, 0] : [0x20, 0, 0x20, 7, 0x6a]
  return [0, 0x41, func, ...sum, 0x6a, END]
}

interface Segment {
  readonly start: number
  readonly functions: readonly number[]
}

/** `count` functions of each type, and for each type two that call one by its number: in a call, and in a last one. */
function makeModule(count: number, segments: readonly Segment[]): Section[] {
  const types = new Writer().u32(2 * TYPES.length)
  const withNumber = TYPES.map(([parameters, results]) => [[I32, ...parameters], results] as const)
  for (const [parameters, results] of [...TYPES, ...withNumber]) {
    types.u8(0x60).u32(parameters.length).append(Uint8Array.from(parameters))
    types.u32(results.length).append(Uint8Array.from(results))
  }
  const targets = TYPES.flatMap((_, type) => Array.from({ length: count }, () => type))
  const callers = TYPES.flatMap((_, type) => [TYPES.length + type, TYPES.length + type])
  const bodies = targets.map((type, func) => toBody(type, func))
  for (const [type, [parameters]] of TYPES.entries()) {
    const got = parameters.flatMap((_, index) => [0x20, index + 1])
    bodies.push([0, ...got, 0x20, 0, 0x11, type, 0, END], [0, ...got, 0x20, 0, 0x13, type, 0, END])
  }
  const functions = new Writer().u32(targets.length + callers.length)
  for (const type of [...targets, ...callers]) functions.u32(type)
  const exports = new Writer()
    .u32(callers.length + 1)
    .name('last')
    .u8(3)
    .u32(0)
  for (const index of callers.keys())
    exports
      .name(`call${index}`)
      .u8(0)
      .u32(targets.length + index)
  const elements = new Writer().u32(segments.length)
  for (const { start, functions: listed } of segments) {
    elements.u8(0).u8(0x41).signed(start).u8(END).u32(listed.length)
    for (const func of listed) elements.u32(func)
  }
  const code = new Writer().u32(bodies.length)
  for (const body of bodies) code.u32(body.length).append(Uint8Array.from(body))
  return [
    { id: SECTION.type, payload: types.finish() },
    { id: SECTION.function, payload: functions.finish() },
    {
      id: SECTION.table,
      payload: new Writer()
        .append(Uint8Array.of(1, 0x70, 0))
        .u32(SIZE)
        .finish(),
    },
    { id: SECTION.memory, payload: Uint8Array.of(1, 0, 1) },
    { id: SECTION.global, payload: Uint8Array.of(1, I32, 1, 0x41, 0, END) },
    { id: SECTION.export, payload: exports.finish() },
    { id: SECTION.element, payload: elements.finish() },
    { id: SECTION.code, payload: code.finish() },
  ]
}

type Calls = (type: number, isLast: boolean, number: number) => unknown

function instantiate(sections: readonly Section[]): Calls {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(encodeModule(sections)))
  const last = exports['last'] as WebAssembly.Global
  return (type, isLast, number) => {
    last.value = -1
    const call = exports[`call${2 * type + Number(isLast)}`] as (...args: number[]) => unknown
    try {
      return [call(number, ...TYPES[type]![0].map((_, index) => 1000 * index)), last.value]
    } catch (error) {
      return error instanceof WebAssembly.RuntimeError ? 'trapped' : error
    }
  }
}

it('lead where the table led', ({ expect }) => {
  const count = 4
  const segments = array(
    record({
      start: oneof(nat(SIZE - 4), integer({ min: 250, max: 258 }), nat(8)),
      functions: array(nat(TYPES.length * count - 1), { maxLength: 4 }),
    }),
    { maxLength: 4 },
  )
  const numbers = array(integer({ min: -3, max: SIZE + 3 }), { minLength: 1, maxLength: 8 })
  assert(
    property(segments, numbers, (filled, asked) => {
      const sections = makeModule(count, filled)
      const [byTable, byName] = [instantiate(sections), instantiate(callByName(sections))]
      const near = filled.flatMap(({ start }) => [-1, 0, 1, 2, 3, 4].map((from) => start + from))
      for (const number of [...asked, ...near, 0, 255, 256, SIZE, 0x7fffffff, -0x80000000]) {
        for (const type of TYPES.keys()) {
          expect(byName(type, false, number)).toEqual(byTable(type, false, number))
          expect(byName(type, true, number)).toEqual(byTable(type, true, number))
        }
      }
    }),
  )
})

it('leave no table', ({ expect }) => {
  const edited = callByName(makeModule(1, [{ start: 1, functions: [0] }]))
  expect(findSection(edited, SECTION.table)).toBeUndefined()
  expect(findSection(edited, SECTION.element)).toBeUndefined()
})

it('a circle of them is stopped at its deadline', ({ expect }) => {
  const sections = makeModule(0, [])
  // function 0 calls number 1 of its own type, which is itself, and is the last to return
  const body = [0, 0x20, 0, 0x41, 1, 0x13, 0, 0, END]
  const looping = sections.map((section) => {
    if (section.id === SECTION.function) return { ...section, payload: Uint8Array.of(1, 0) }
    if (section.id === SECTION.element)
      return { ...section, payload: Uint8Array.of(1, 0, 0x41, 1, END, 1, 0) }
    if (section.id === SECTION.code) return { ...section, payload: Uint8Array.of(1, body.length, ...body) }
    if (section.id !== SECTION.export) return section
    return { ...section, payload: new Writer().u32(1).name('run').u8(0).u32(0).finish() }
  })
  const checked = callByName(addEpochChecks(importMemory(looping)))
  const epoch = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  new Int32Array(epoch.buffer).fill(-1)
  const memory = new WebAssembly.Memory({ initial: 1 })
  const imports = { [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: memory, [EPOCH_IMPORT.name]: epoch } }
  const module = new WebAssembly.Module(encodeModule(checked))
  const { run } = new WebAssembly.Instance(module, imports).exports
  expect(() => (run as (value: number) => number)(1)).toThrow('unreachable')
})

describe('what needs its table is refused', () => {
  const sections = makeModule(1, [{ start: 1, functions: [0] }])
  const replace = (id: number, payload: Uint8Array): Section[] =>
    sections.map((section) => (section.id === id ? { id, payload } : section))
  const imports = (...bytes: number[]): Section[] => [
    sections[0]!,
    { id: SECTION.import, payload: Uint8Array.of(1, 1, 0x61, 1, 0x62, ...bytes) },
    ...sections.slice(1),
  ]
  const withCode = (...body: number[]): Section[] =>
    replace(SECTION.code, Uint8Array.of(1, body.length + 2, 0, ...body, END))

  it.for<[string, Section[], string]>([
    ['an imported one', imports(1, 0x70, 0, 1), 'imported'],
    ['an exported one', replace(SECTION.export, Uint8Array.of(1, 1, 0x74, 1, 0)), 'exported'],
    ['several', replace(SECTION.table, Uint8Array.of(2, 0x70, 0, 1, 0x70, 0, 1)), 'several'],
    ['a passive segment', replace(SECTION.element, Uint8Array.of(1, 1, 0, 1, 0)), 'segment'],
    [
      'a place that is a global',
      replace(SECTION.element, Uint8Array.of(1, 0, 0x23, 0, END, 1, 0)),
      'constant',
    ],
    ['an imported function in it', imports(0, 0), 'an imported function'],
    ['table.get', withCode(0x41, 0, 0x25, 0, 0x1a), 'reads'],
    ['ref.func', withCode(0xd2, 0, 0x1a), 'refers'],
    ['table.size', withCode(0xfc, 16, 0, 0x1a), 'size'],
  ])('%s', ([, module, why], { expect }) => {
    expect(() => callByName(module)).toThrow(why)
  })
})
