/** Cached responses on the host: calls as the app's `Cache` (lazy/cache.ts) makes them. */

import { delete as remove, match, put } from 'nano:workers/cache'
import type { Bytes } from '../globals/buffer-source.ts'
import { encode } from '../globals/primordials.ts'
import type { ReadableStream } from '../globals/streams.ts'
import type { GuestBinding } from './binding.ts'
import { type Answer, sendCall, startCall } from './data.ts'

/** `cache`: its name; nothing for the default one. `head`: of a request, as `fetch` has it. */
export function matchCached(cache: string, head: string): Promise<Answer> {
  return startCall((id) => match(id, encode(cache), encode(head)))
}

export function putCached(
  cache: string,
  head: string,
  response: string,
  body: Bytes | ReadableStream<Uint8Array>,
): Promise<Answer> {
  return sendCall(body, (id, first, more) =>
    put(id, encode(cache), encode(head), encode(response), first, more),
  )
}

export function deleteCached(cache: string, head: string): Promise<Answer> {
  return startCall((id) => remove(id, encode(cache), encode(head)))
}

export const binding: GuestBinding = { events: {} }
