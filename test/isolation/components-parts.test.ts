/**
 * Components whose parts are hostile: bytecode, limits, counts and data segments. Nothing of a tenant's file is ever run
 * or compiled, so the refusal is the whole answer to what its bytecode would do; what is refused for its size is refused
 * before it costs anything.
 */
import { afterAll, beforeAll, describe, test } from 'vitest'

import { withDataSegments } from '../../host/wasm/data-segments.ts'
import { withMemory } from '../../host/wasm/memory.ts'
import { encodeModule, SECTION } from '../../host/wasm/sections.ts'
import { Writer } from '../../host/wasm/writer.ts'
import {
  COMPONENT_PREAMBLE,
  PART,
  countOf,
  editComponent,
  editMain,
  toName,
  withElement,
  withPart,
  withSection,
} from '../harness/component.ts'
import type { Edit } from '../harness/component.ts'
import { watchDeploys } from '../harness/deploys.ts'
import type { Deploys } from '../harness/deploys.ts'

/** For the machine that runs the tests; the check itself takes some milliseconds. */
const SLACK_MS = 5000
const MAX_U32 = [0xff, 0xff, 0xff, 0xff, 0x0f]
/** A constant expression. */
const ZERO = [0x41, 0, 0x0b]
const TABLE_OF_TEN_MILLION = [0x70, 0, 0x80, 0xad, 0xe2, 0x04]

let deploys: Deploys
beforeAll(async () => {
  deploys = await watchDeploys()
})
afterAll(() => deploys[Symbol.asyncDispose]())

const repeat = (times: number, bytes: readonly number[]): number[] =>
  Array.from({ length: times }, () => bytes).flat()

/** One more function with this code. */
const code = (...bytes: number[]): Edit => withElement(SECTION.code, [bytes.length + 2, 0, ...bytes, 0x0b])
const memory = (...bytes: number[]): Edit => withSection(SECTION.memory, bytes)
const pages =
  (min: number, max?: number): Edit =>
  (sections) =>
    withMemory(sections, min, max)
const data = (count: number, ...bytes: (number | number[])[]): Edit =>
  withSection(SECTION.data, [...new Writer().u32(count).finish(), ...bytes.flat()])
const segments =
  (...offsets: number[]): Edit =>
  (sections) =>
    withDataSegments(
      sections,
      offsets.map((offset) => ({ offset, bytes: Uint8Array.of(1, 2) })),
    )

/** Twenty million empty sections behind the main module's, two bytes each. */
const withNothings: Edit = (parts) => {
  const main = parts.reduce((a, b) => (b.payload.length > a.payload.length ? b : a))
  const payload = Buffer.concat([main.payload, Buffer.alloc(40_000_000)])
  return parts.map((part) => (part === main ? { ...part, payload } : part))
}

function nest(depth: number): Uint8Array {
  let inner: Uint8Array = COMPONENT_PREAMBLE
  for (let i = 0; i < depth; i++) {
    inner = new Writer()
      .append(COMPONENT_PREAMBLE)
      .u8(PART.component)
      .u32(inner.length)
      .append(inner)
      .finish()
  }
  return inner
}

const UNKNOWN_MAIN: [title: string, edit: Edit][] = [
  // A2
  ['a tail call', code(0x12, 0)],
  // A3, A4
  ['a loop that never ends', code(0x03, 0x40, 0x0c, 0, 0x0b)],
  // A5
  ['a start function', withSection(SECTION.start, [0])],
  // A6
  ['twenty tables of ten million', withSection(SECTION.table, [20, ...repeat(20, TABLE_OF_TEN_MILLION)])],
  // A7
  ['a memory with a maximum of its own', pages(200, 65_536)],
  // A8
  ['types of the collector', withElement(SECTION.type, [0x5f, 1, 0x7f, 1])],
  ['exceptions', withSection(SECTION.tag, [1, 0, 0])],
  ['references and strings', code(0x14, 0, 0xfb, 0x80, 0x01)],
  // A16
  ['900,000 functions', withSection(SECTION.function, countOf(900_000, 900_000))],
  ['50,000 locals', withElement(SECTION.code, [6, 1, 0xd0, 0x86, 3, 0x7f, 0x0b])],
]

const UNKNOWN_PARTS: [title: string, edit: Edit][] = [
  // A16
  ['a thousand core modules', withPart(PART.coreModule, encodeModule([]), 1000)],
  ['types in types, 100,000 deep', withPart(PART.type, [1, ...repeat(100_000, [0x41, 1, 1])])],
  ['components in components, 1000 deep', withPart(PART.component, nest(1000))],
]

const INVALID_MAIN: [title: string, edit: Edit, words: RegExp][] = [
  // A7
  ['a memory of 4 GiB', pages(65_536), /begins with 4096 MiB of memory, its memory_mb allows 128/],
  ['a memory larger than memory_mb', pages(2049), /begins with 129 MiB/],
  [
    'a memory beyond which instances are replaced',
    pages(1600),
    /begins with 100 MiB .* replaced beyond 96\./,
  ],
  ['a memory beyond 4 GiB', pages(65_537), /memory is too large/],
  ['a memory of the largest number', memory(1, 0, ...MAX_U32), /memory is too large/],
  ['a memory whose maximum is below its minimum', memory(1, 1, 9, 1), /maximum is below the minimum/],
  ['two memories', withElement(SECTION.memory, [0, 1]), /more than one memory/],
  ['a hundred memories', memory(100, ...repeat(100, [0, 1])), /more than one memory/],
  ['no memory', (all) => all.filter(({ id }) => id !== SECTION.memory), /defines no memory/],
  [
    'an imported memory',
    withElement(SECTION.import, [...toName('a'), ...toName('b'), 2, 0, 1]),
    /is imported/,
  ],
  // A8
  ['a shared memory', memory(1, 3, 1, 2), /memory is shared/],
  ['a memory of 64 bits', memory(1, 4, 1), /limits with flags 4/],
  // A16
  ['five million imports', withSection(SECTION.import, countOf(5_000_000, 25_000_000)), /5000000 imports/],
]

const SEGMENTS: [title: string, edit: Edit, words: RegExp][] = [
  ['none', segments(), /no snapshot/],
  ['beyond the memory', segments(0xffff_fff0), /segment 0 ends beyond the memory's/],
  ['across its end', (all) => segments(2 * 65_536 - 1)(withMemory(all, 2)), /ends beyond/],
  ['one over the other', segments(64, 65), /segment 1 lies before the end/],
  ['out of order', segments(640, 64), /segment 1 lies before the end/],
  ['passive', data(1, 1, 1, 0), /segment 0 is passive/],
  ['of another memory', data(1, 2, 1, ZERO, 1, 0), /segment 0 has flags 2/],
  ['with flags of nobody', data(1, 0x77, ZERO, 1, 0), /has flags 119/],
  ['at a global', data(1, 0, 0x23, 0, 0x0b, 1, 0), /not at a constant offset/],
  ['at a sum', data(1, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b, 1, 0), /not at a constant offset/],
  ['at an offset of 64 bits', data(1, 0, 0x42, 1, 0x0b, 1, 0), /not at a constant offset/],
  ['at an offset that is too long', data(1, 0, 0x41, MAX_U32, 0x0b, 1, 0), /does not fit into 32 bits/],
  ['four billion of them', withSection(SECTION.data, MAX_U32), /vector of 4294967295 elements/],
  ['a million of them', withSection(SECTION.data, countOf(1_000_000, 6_000_000)), /1000000 data segments/],
  ['with four billion bytes', data(1, 0, ZERO, MAX_U32), /4294967295 bytes announced/],
  ['with bytes behind the last', data(1, 0, ZERO, 1, 0, 7), /bytes after the last/],
]

describe('an engine that nobody knows is refused', () => {
  test.for([
    ...UNKNOWN_MAIN.map(([title, edit]) => [title, edit, editMain] as const),
    ...UNKNOWN_PARTS.map(([title, edit]) => [title, edit, editComponent] as const),
  ])('%s', async ([, edit, editor], { expect }) => {
    const { code, text, ms } = await deploys.outcomeOf(deploys.write(editor(deploys.good, edit)))
    expect([code, text]).toEqual([
      'ENGINE_UNKNOWN',
      expect.stringMatching(/not among the \d+ that this host knows/),
    ])
    expect(ms).toBeLessThan(SLACK_MS)
  })
})

describe('what no engine of NANO can have is refused', () => {
  const cases = [
    ...INVALID_MAIN,
    ...SEGMENTS.map(([title, ...rest]) => [`segments: ${title}`, ...rest] as const),
  ]

  test.for(cases)('%s', async ([, edit, words], { expect }) => {
    const { code, text, ms } = await deploys.outcomeOf(deploys.write(editMain(deploys.good, edit)))
    expect([code, text]).toEqual(['COMPONENT_INVALID', expect.stringMatching(words)])
    expect(ms).toBeLessThan(SLACK_MS)
  })

  test.for([
    ['20,000 sections', withPart(PART.custom, toName('x'), 20_000)],
    ['twenty million sections in the engine', withNothings],
  ] satisfies [string, Edit][])('%s', async ([, edit], { expect }) => {
    const { code, text, ms } = await deploys.outcomeOf(deploys.write(editComponent(deploys.good, edit)))
    expect([code, text]).toEqual(['COMPONENT_INVALID', expect.stringMatching(/more than 10000 sections/)])
    expect(ms).toBeLessThan(SLACK_MS)
  })

  test('a snapshot that is small in the file and huge in memory', async ({ expect }) => {
    const offsets = Array.from({ length: 40_000 }, (_, i) => i * 8192)
    const file = deploys.write(editMain(deploys.good, (all) => segments(...offsets)(withMemory(all, 65_536))))
    const rss = process.memoryUsage.rss()
    const { code, text } = await deploys.outcomeOf(file, { memory_mb: 4096 })
    expect([code, text]).toEqual(['COMPONENT_INVALID', expect.stringMatching(/snapshot takes \d+ bytes/)])
    expect(process.memoryUsage.rss() - rss).toBeLessThan(96 * 1024 * 1024)
  })
})

test('meanwhile nothing changed: no code was generated, nothing evaluated, no request failed', async ({
  expect,
}) => {
  await deploys.expectPeace(expect)
})
