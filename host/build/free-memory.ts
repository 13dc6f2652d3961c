/**
 * What the engine's allocator has given back is still in memory, and would go into every image: parsed sources,
 * buffers that grew. It is a quarter of the smallest app's snapshot and half of a large one's. Nobody may read it again
 * before writing it, so it is overwritten with zeros, which an image does not keep.
 *
 * The allocator is the dlmalloc of wasi-libc: chunks one after the other, from the end of the static data to the end of
 * the memory.
 *
 *     chunk    previous:u32  head:u32  content           a multiple of 8 bytes; `previous` counts as the content of the
 *                                                        chunk before as long as that one is in use
 *     head     size | 1 (the chunk before is in use) | 2 (this one is)
 *     free     previous head | links of the lists and trees of free chunks | anything | its size, in the next one's `previous`
 *     end      a free chunk, the top | head = its own size without flags, the end of the memory
 *
 * A heap that does not look exactly like this is left alone: the image then is larger, and not wrong.
 */

const IN_USE = 2
const PREVIOUS_IN_USE = 1
const FLAGS = 7
const SMALLEST = 16
/** The head, and at most six links. */
const KEPT = 32

export interface FreeChunk {
  /** Of what may be overwritten. */
  readonly start: number
  readonly end: number
}

/** Overwrites what is free; `staticEnd`: where the module's data ends. Gives the number of free chunks, 0 if there is no such heap. */
export function clearFreeMemory(memory: Uint8Array<ArrayBuffer>, staticEnd: number): number {
  const free = findFree(memory, staticEnd)
  for (const { start, end } of free) memory.fill(0, start, end)
  return free.length
}

/** The free chunks of the heap that begins somewhere behind `staticEnd`. */
export function findFree(memory: Uint8Array<ArrayBuffer>, staticEnd: number): FreeChunk[] {
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >>> 2)
  // static data without initial values lies between the data and the heap
  for (let at = staticEnd & ~7; at + SMALLEST < memory.length; at += 8) {
    const free = walk(words, at)
    if (free !== undefined) return free
  }
  return []
}

/** The free chunks from the one at `start`, or nothing if what lies there is not a heap to its very end. */
function walk(words: Uint32Array, start: number): FreeChunk[] | undefined {
  const length = words.length * 4
  const free: FreeChunk[] = []
  let isPreviousInUse = true
  for (let at = start; at + 8 <= length;) {
    const head = words[at / 4 + 1]!
    if (at + head === length && !isPreviousInUse) return free
    const size = head & ~FLAGS
    const end = at + size
    if (size < SMALLEST || (head & 4) !== 0 || end + 8 > length) return undefined
    if (((head & PREVIOUS_IN_USE) !== 0) !== isPreviousInUse) return undefined
    isPreviousInUse = (head & IN_USE) !== 0
    if (!isPreviousInUse) {
      const nextHead = words[end / 4 + 1]!
      const isTop = end + nextHead === length
      if (!isTop && words[end / 4] !== size) return undefined
      if (size > KEPT) free.push({ start: at + KEPT, end })
    }
    at = end
  }
  return undefined
}
