/**
 * Ten thousand spoilt components at the deploy check: each is refused with a code of the closed set, or its skeleton is
 * unknown, or what comes out of it is a sound image. Never another exception, never a hang, never more memory than the
 * file. Most of them are made of a real component with its long parts cut short, where spoiling hits structure and not
 * code; the rest of a whole one.
 */
import { beforeAll, test } from 'vitest'

import { readComponent } from '../../host/component/read.ts'
import { splitComponent } from '../../host/component/skeleton.ts'
import { KnownEngines } from '../../host/engine/known.ts'
import { NanoError } from '../../host/errors.ts'
import { splitImage, toImageBytes } from '../../host/image/image.ts'
import { withDataSegments } from '../../host/wasm/data-segments.ts'
import { WASM_PAGE } from '../../host/wasm/memory.ts'
import { SECTION } from '../../host/wasm/sections.ts'
import type { Section } from '../../host/wasm/sections.ts'
import { buildFixture, editComponent, editMain, readSegments } from '../harness/component.ts'
import { random } from '../harness/corrupt.ts'

const SHORT_RUNS = 9500
const WHOLE_RUNS = 500
const MIB = 1024 * 1024
/** Of one file, on a busy machine. */
const LONGEST_MS = 3000
/** Of a section that is cut short. */
const KEPT_BYTES = 400
const KEPT_SEGMENTS = 60

type Pick = (most: number) => number

let whole: Uint8Array
let short: Uint8Array
let known: KnownEngines

beforeAll(async () => {
  whole = await buildFixture('memory')
  const cut = (section: Section): Section => ({
    id: section.id,
    payload: section.payload.subarray(0, KEPT_BYTES),
  })
  const segments = readSegments(whole)
    .slice(0, KEPT_SEGMENTS)
    .map(({ offset, bytes }) => ({ offset, bytes: bytes.subarray(0, 16) }))
  const { main } = readComponent(whole)
  const others = editComponent(whole, (parts) =>
    parts.map((part) => (part.payload.length === main.payload.length ? part : cut(part))),
  )
  short = editMain(others, (sections) =>
    withDataSegments(
      // imports are read, the other sections are only hashed
      sections.map((section) => (section.id === SECTION.import ? section : cut(section))),
      segments,
    ),
  )
  const hashes = [whole, short].map((bytes) => splitComponent(bytes).skeletonHash)
  known = new KnownEngines([], hashes)
})

/** Where lengths, counts and flags are: heads of sections and segments, everywhere in the file. */
function findHeads(bytes: Uint8Array): number[] {
  const views = [readComponent(bytes)].flatMap(({ sections, mainSections }) => [
    ...sections.map(({ payload }) => payload),
    ...mainSections.map(({ payload }) => payload),
    ...readSegments(bytes).map((segment) => segment.bytes),
  ])
  return views.map((view) => view.byteOffset - bytes.byteOffset)
}

/** Lengths and counts that readers fall over. */
const NUMBERS = [
  [0],
  [1],
  [0x7f],
  [0x80, 0x00],
  [0xff, 0x7f],
  [0x80, 0x80, 0x80, 0x80, 0x00],
  [0xff, 0xff, 0xff, 0xff, 0x07],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0x7f],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
]

/** In place; gives what was there. */
function overwrite(bytes: Uint8Array, heads: readonly number[], pick: Pick): { at: number; old: Uint8Array } {
  const isHead = pick(4) > 0
  const at = Math.max(0, isHead ? heads[pick(heads.length)]! - pick(10) : pick(bytes.length))
  const number = NUMBERS[pick(NUMBERS.length)]!
  const change = pick(3) === 0 ? [bytes[at]! ^ (1 << pick(8))] : number
  const old = bytes.slice(at, at + change.length)
  bytes.set(change.slice(0, old.length), at)
  return { at, old }
}

/** A spoilt copy. */
function spoil(bytes: Uint8Array, heads: readonly number[], pick: Pick): Uint8Array {
  const from = pick(2) === 0 ? pick(bytes.length) : heads[pick(heads.length)]!
  const to = Math.min(bytes.length, from + pick(200))
  const [before, range, after] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)]
  switch (pick(6)) {
    case 0:
      return before
    case 1:
      return Buffer.concat([before, after])
    case 2:
      return Buffer.concat([before, range, range, after])
    case 3:
      return Buffer.concat([before, Uint8Array.from(NUMBERS[pick(NUMBERS.length)]!), after])
    default: {
      const copy = Uint8Array.from(bytes)
      for (let times = pick(4); times >= 0; times--) overwrite(copy, heads, pick)
      return copy
    }
  }
}

type End = 'COMPONENT_INVALID' | 'ENGINE_UNKNOWN' | 'sound'

/** What the deploy check says. Throws for whatever it must not do. */
function check(bytes: Uint8Array): End {
  const start = performance.now()
  try {
    const { skeletonHash, memoryMinPages, segments } = splitComponent(bytes)
    known.expectKnown(skeletonHash)
    let end = 0
    for (const segment of segments) {
      if (segment.offset < end) throw new Error(`a segment at ${segment.offset} behind ${end}`)
      end = segment.offset + segment.bytes.length
    }
    if (end > memoryMinPages * WASM_PAGE) throw new Error(`segments to ${end} in ${memoryMinPages} pages`)
    const image = splitImage(segments, memoryMinPages)
    if (toImageBytes(image) > 2 * bytes.length + 4096 * (segments.length + 1))
      throw new Error('a blown up image')
    return 'sound'
  } catch (error) {
    if (!(error instanceof NanoError)) throw error
    if (error.code !== 'COMPONENT_INVALID' && error.code !== 'ENGINE_UNKNOWN') throw error
    if (/[^\x20-\x7e]/.test(error.message))
      throw new Error(`bytes of the file in ${error.message}`, { cause: error })
    return error.code
  } finally {
    const elapsed = performance.now() - start
    // oxlint-disable-next-line no-unsafe-finally -- the one thing that is worse than what was thrown
    if (elapsed > LONGEST_MS) throw new Error(`${bytes.length} bytes took ${elapsed} ms`)
  }
}

test(`${SHORT_RUNS} spoilt components, cut short before`, { timeout: 120_000 }, ({ expect }) => {
  const heads = findHeads(short)
  const rss = process.memoryUsage.rss()
  const ends: Record<End, number> = { COMPONENT_INVALID: 0, ENGINE_UNKNOWN: 0, sound: 0 }
  for (let seed = 0; seed < SHORT_RUNS; seed++) {
    const next = random(seed)
    ends[check(spoil(short, heads, (most) => Math.floor(next() * most)))]++
  }
  expect(Math.min(...Object.values(ends))).toBeGreaterThan(SHORT_RUNS / 200)
  expect(process.memoryUsage.rss() - rss).toBeLessThan(256 * MIB)
})

test(`${WHOLE_RUNS} spoilt components as they are built`, { timeout: 120_000 }, ({ expect }) => {
  const heads = findHeads(whole)
  const bytes = Uint8Array.from(whole)
  const rss = process.memoryUsage.rss()
  const ends: Record<End, number> = { COMPONENT_INVALID: 0, ENGINE_UNKNOWN: 0, sound: 0 }
  for (let seed = 0; seed < WHOLE_RUNS; seed++) {
    const next = random(seed)
    const pick: Pick = (most) => Math.floor(next() * most)
    const undo = overwrite(bytes, heads, pick)
    ends[check(pick(20) === 0 ? bytes.subarray(0, pick(bytes.length)) : bytes)]++
    bytes.set(undo.old, undo.at)
  }
  expect(Buffer.compare(bytes, whole)).toBe(0)
  expect(Math.min(...Object.values(ends))).toBeGreaterThan(0)
  expect(process.memoryUsage.rss() - rss).toBeLessThan(256 * MIB)
})
