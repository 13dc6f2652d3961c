/** Takes down a body on its way to its reader, as long as that is not too much; who does not read to its end gets nothing of it. */

import type { ReadableStream } from 'node:stream/web'

import { type ByteBudget, Holding, QUEUED_COST } from '../limits/byte-budget.ts'

export interface TakeDown {
  readonly buffers: ByteBudget
  readonly mostBytes: number
  /** Called with all of it, and what is to be called when that is held elsewhere. */
  readonly put: (body: Uint8Array, done: () => void) => void
}

/** The chunks as they come, at the pace of whoever reads them. */
export async function* takeDown(
  body: ReadableStream<Uint8Array>,
  { buffers, mostBytes, put }: TakeDown,
): AsyncGenerator<Uint8Array, undefined> {
  const holding = new Holding(buffers)
  let parts: Uint8Array[] | undefined = []
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.length
      if (parts !== undefined && size <= mostBytes && holding.add(QUEUED_COST + chunk.length)) {
        parts.push(chunk)
      } else {
        parts = undefined
        holding.release()
      }
      yield chunk
    }
    if (parts === undefined) return
    const whole = Buffer.concat(parts)
    // it is held until the storage has it
    parts = undefined
    put(whole, () => holding.release())
  } finally {
    if (parts !== undefined) holding.release()
  }
}
