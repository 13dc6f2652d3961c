/**
 * Bytes that are always the same: byte number i is (i * 31 + (i >> 8)) modulo 256, with i counted from the start
 * of each block. Made only as fast as the reader takes them.
 */

export const BLOCK_BYTES = 65_536

export function streamBytes(total: number): ReadableStream<Uint8Array> {
  const block = Uint8Array.from({ length: BLOCK_BYTES }, (_, i) => i * 31 + (i >> 8))
  let left = total
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left > 0) controller.enqueue(block.slice(0, left))
      left -= Math.min(left, BLOCK_BYTES)
      if (left === 0) controller.close()
    },
  })
}
