/**
 * The memory that content lies in. What it shares with others is in shared memory, which stays. What is its own are blocks
 * that move with it from thread to thread, and most of it is given up when it is not needed any more: V8's collector does not
 * count shared memory, and comes late for the rest. Pure.
 */
import type { AppContent, Image } from './image.ts'

/** Its own blocks, to move. */
export function toBlocks({ image, sourceMap }: AppContent): ArrayBuffer[] {
  const arrays = [
    ...image.layers.flatMap(({ runs, bytes }) => [runs, bytes]),
    ...(sourceMap ? [sourceMap] : []),
  ]
  return [...new Set(arrays.map(({ buffer }) => buffer))].filter((buffer) => buffer instanceof ArrayBuffer)
}

/**
 * Gives up at once what no other image has. Who reads it from now on gets an error; where other images' bytes lie in a memory
 * stays known.
 */
export function freeImage({ layers }: Image): void {
  for (const { buffer } of layers.map(({ bytes }) => bytes)) {
    if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0)
  }
}
