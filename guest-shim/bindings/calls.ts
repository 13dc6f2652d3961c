/**
 * Calls of other apps on the host, as the app's `Fetcher` (lazy/fetcher.ts) and its methods (lazy/rpc.ts) make them, and what
 * becomes of those that come.
 */

import { converse, fetch, threw } from 'nano:workers/calls'
import type { AbortSignal } from '../globals/abort-signal.ts'
import type { Bytes } from '../globals/buffer-source.ts'
import { encode } from '../globals/primordials.ts'
import type { ReadableStream } from '../globals/streams.ts'
import loadRpc from '../lazy/rpc.ts?lazy'
import type { GuestBinding } from './binding.ts'
import { CallerChannel, type Channel, type Listener } from './channel.ts'
import { type Answer, sendCall } from './data.ts'

/** The calls of one binding. */
export class CallsHost {
  readonly #name: Bytes
  readonly #target: Bytes

  /** `name`: the binding's in `env`; nothing: the app itself. `target`: which object of those that it leads to. */
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

  /** The call is made with the first message that is sent. */
  converse(listener: Listener): Channel {
    return new CallerChannel(listener, (id, message) => converse(id, this.#name, this.#target, message))
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

type Part = () => Pick<typeof import('../lazy/rpc.ts'), 'openService'>

/** What calls an entrypoint elsewhere, with these members of its own. */
export const openService: ReturnType<Part>['openService'] = (...service) =>
  (loadRpc as Part)().openService(...service)

export const binding: GuestBinding = {
  events: {},
  kinds: { service: (_settings, name) => openService(new CallsHost(name)) },
}
