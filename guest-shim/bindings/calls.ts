/** Calls of other apps on the host: as the app's `Fetcher` (lazy/fetcher.ts) makes them, and what becomes of those that come. */

import { fetch, threw } from 'nano:workers/calls'
import type { AbortSignal } from '../globals/abort-signal.ts'
import type { Bytes } from '../globals/buffer-source.ts'
import { encode } from '../globals/primordials.ts'
import type { ReadableStream } from '../globals/streams.ts'
import loadFetcher from '../lazy/fetcher.ts?lazy'
import type { GuestBinding } from './binding.ts'
import { type Answer, sendCall } from './data.ts'

/** The calls of one binding. */
export class CallsHost {
  readonly #name: Bytes
  readonly #target: Bytes

  /** `name`: the binding's in `env`. `target`: which object of those that it leads to. */
  constructor(name: string, target = '') {
    this.#name = encode(name)
    this.#target = encode(target)
  }

  fetch(
    head: string,
    body: Bytes | ReadableStream<Uint8Array>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const bytes = encode(head)
    return sendCall(
      body,
      (id, first, more) => fetch(id, this.#name, this.#target, bytes, first, more),
      signal,
    )
  }
}

/** An entrypoint threw: whoever called it is told so, before its response fails. */
export function tellCaller(id: number, error: unknown): void {
  threw(id, encode(describe(error)))
}

/** Name, LF, message. */
function describe(error: unknown): string {
  try {
    if (!(error instanceof Error)) return `Error\n${String(error)}`
    return `${error.name}\n${error.message}`
  } catch {
    return 'Error\nan error that cannot be shown'
  }
}

type Part = () => { readonly Fetcher: new (host: CallsHost) => unknown }

export const binding: GuestBinding = {
  events: {},
  kinds: { service: (_settings, name) => new ((loadFetcher as Part)().Fetcher)(new CallsHost(name)) },
}
