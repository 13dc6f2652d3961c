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
 *
 * The engine has an allocator of its own on top, for what lives as long as a parse: it takes large chunks, hands out what is
 * behind their heads, and when the parse is over keeps them, empty, for the next one. What it parsed is still in them, some
 * ten times the app's source.
 *
 *     arena    next:u32, another arena or 0 | first free byte:u32 | end:u32 | padding | handed out | free
 *     empty    the first free byte is the first behind the head
 */

const IN_USE = 2
const PREVIOUS_IN_USE = 1
const FLAGS = 7
const SMALLEST = 16
/** The head, and at most six links. */
const KEPT = 32

/** The head of an arena, and the least size of one. */
const ARENA_HEAD = 16
const SMALLEST_ARENA = 1024
/** What the allocator may add to what was asked for: its head, and to its grain. */
const MOST_PADDING = 16

export interface FreeChunk {
  /** Of what may be overwritten. */
  readonly start: number
  readonly end: number
}

/** A heap to its very end. */
interface Heap {
  readonly free: readonly FreeChunk[]
  /** Of what is in use and as large as an arena: where it begins, and how large its chunk is. */
  readonly used: ReadonlyMap<number, number>
}

/** Overwrites what is free; `staticEnd`: where the module's data ends. Gives the number of places, 0 if there is no such heap. */
export function clearFreeMemory(memory: Uint8Array<ArrayBuffer>, staticEnd: number): number {
  const free = findFree(memory, staticEnd)
  for (const { start, end } of free) memory.fill(0, start, end)
  return free.length
}

/** What is free in the heap that begins somewhere behind `staticEnd`. */
export function findFree(memory: Uint8Array<ArrayBuffer>, staticEnd: number): FreeChunk[] {
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >>> 2)
  // static data without initial values lies between the data and the heap
  for (let at = staticEnd & ~7; at + SMALLEST < memory.length; at += 8) {
    const heap = walk(words, at)
    if (heap !== undefined) return [...heap.free, ...findEmptyArenas(words, heap.used)]
  }
  return []
}

/** What is behind the heads of empty arenas. */
function findEmptyArenas(words: Uint32Array, used: Heap['used']): FreeChunk[] {
  const found: FreeChunk[] = []
  for (const [at, size] of used) {
    const [next, first, end] = [words[at / 4]!, words[at / 4 + 1]!, words[at / 4 + 2]!]
    const isArena = (next === 0 || used.has(next)) && at + size - MOST_PADDING <= end && end <= at + size - 4
    if (isArena && first === at + ARENA_HEAD) found.push({ start: first, end })
  }
  return found
}

/** The heap from the chunk at `start`, or nothing if what lies there is not one to its very end. */
function walk(words: Uint32Array, start: number): Heap | undefined {
  const length = words.length * 4
  const free: FreeChunk[] = []
  const used = new Map<number, number>()
  let isPreviousInUse = true
  for (let at = start; at + 8 <= length;) {
    const head = words[at / 4 + 1]!
    if (at + head === length && !isPreviousInUse) return { free, used }
    const size = head & ~FLAGS
    const end = at + size
    if (size < SMALLEST || (head & 4) !== 0 || end + 8 > length) return undefined
    if (((head & PREVIOUS_IN_USE) !== 0) !== isPreviousInUse) return undefined
    isPreviousInUse = (head & IN_USE) !== 0
    if (isPreviousInUse) {
      if (size >= SMALLEST_ARENA) used.set(at + 8, size)
    } else {
      const nextHead = words[end / 4 + 1]!
      const isTop = end + nextHead === length
      if (!isTop && words[end / 4] !== size) return undefined
      if (size > KEPT) free.push({ start: at + KEPT, end })
    }
    at = end
  }
  return undefined
}
