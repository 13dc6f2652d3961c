/**
 * Snapshots that somebody forged: a component's data segments with something else in them, in ways that repeat for a
 * seed. Lengths and places stay, so that the file is as good a component as before.
 */

import type { DataSegment } from '../../host/wasm/data-segments.ts'

/** Numbers from 0 to below 1 that repeat for a seed. */
export function random(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e37_79b9)
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Words that are pointers, lengths or tags for somebody. */
const WORDS = [0, 1, 0x7f, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff]
const NOISE_BYTES = 64
/** So many changes, by the seed: of few a guest sees nothing, of many it falls at its first step. */
const AMOUNTS = [8, 16, 32, 64, 128, 256]

type Pick = (most: number) => number
type Change = (view: DataView, at: number, pick: Pick) => void

const CHANGES: readonly Change[] = [
  (view, at, pick) => view.setUint8(at, view.getUint8(at) ^ (1 << pick(8))),
  (view, at, pick) => view.setUint32(at, WORDS[pick(WORDS.length)]!, true),
  // a pointer to something else of the same memory
  (view, at, pick) => view.setUint32(at, view.getUint32(pick(view.byteLength >> 2) * 4, true), true),
  // a little further
  (view, at, pick) => view.setUint32(at, view.getUint32(at, true) + pick(64) - 32, true),
  (view, at, pick) => {
    for (let i = at; i < Math.min(view.byteLength, at + NOISE_BYTES); i++) view.setUint8(i, pick(256))
  },
]

/** The segments forged, the same for a seed. */
export function forge(segments: readonly DataSegment[], seed: number): DataSegment[] {
  const next = random(seed)
  const pick: Pick = (most) => Math.floor(next() * most)
  const total = segments.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const forged = segments.map(({ offset, bytes }) => ({ offset, bytes: Uint8Array.from(bytes) }))
  for (let left = AMOUNTS[seed % AMOUNTS.length]!; left > 0; left--) {
    let at = pick(total)
    const { bytes } = forged.find((segment) => (at -= segment.bytes.length) < 0)!
    const words = bytes.length >> 2
    if (words === 0) continue
    CHANGES[pick(CHANGES.length)]!(new DataView(bytes.buffer), (((at + bytes.length) >> 2) % words) * 4, pick)
  }
  return forged
}
