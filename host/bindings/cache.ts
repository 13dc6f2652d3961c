/** Caches that an app fills itself (wit/cache.wit): checks what the guest passes, and starts calls; data.ts has what becomes of them. */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-cache.d.ts'
import type { CacheCall } from '../storage/cache/open.ts'
import { StorageError } from '../storage/failure.ts'
import type { BindingContext } from './binding.ts'
import type { DataAsk, DataBinding } from './data.ts'
import { splitKey, splitResponse } from './message-head.ts'
import { PassiveBinding } from './passive-binding.ts'

const KIND = 'cache'
/** As Workers have it. */
const MOST_NAME_BYTES = 1024

class CacheBinding extends PassiveBinding {
  readonly #data: DataBinding
  readonly #mostBytes: number

  constructor(data: DataBinding, mostBytes: number) {
    super()
    this.#data = data
    this.#mostBytes = mostBytes
  }

  readonly imports = {
    match: (id: number, cache: Uint8Array, head: Uint8Array): void =>
      this.#start(id, () => ({ op: 'match', args: { cache: toName(cache), request: splitKey(head) } })),
    put: (
      id: number,
      cache: Uint8Array,
      head: Uint8Array,
      response: Uint8Array,
      body: Uint8Array,
      more: boolean,
    ): void =>
      this.#start(id, () => {
        const mostBytes = this.#mostBytes
        const heads = { request: splitKey(head), response: splitResponse(response) }
        const tooLong = (length: number) => toTooLong(mostBytes, length)
        const args = { cache: toName(cache), ...heads, mostBytes }
        return { ...ask({ op: 'put', args }), body, more, whole: { mostBytes, tooLong } }
      }),
    delete: (id: number, cache: Uint8Array, head: Uint8Array): void =>
      this.#start(id, () => ({ op: 'delete', args: { cache: toName(cache), request: splitKey(head) } })),
  } satisfies typeof Wit

  #start(id: number, toAsk: () => CacheCall & Pick<DataAsk, 'body' | 'more' | 'whole'>): void {
    this.#data.startOwn(id, KIND, toAsk)
  }
}

/** Holds a call to what the store takes. */
function ask(call: CacheCall): CacheCall {
  return call
}

function toName(name: Uint8Array): string {
  if (name.length > MOST_NAME_BYTES) {
    throw new StorageError(
      '',
      `expected a cache name of at most ${MOST_NAME_BYTES} bytes, got ${name.length}`,
      {
        name: 'TypeError',
      },
    )
  }
  return Buffer.from(name).toString()
}

function toTooLong(most: number, length: number): StorageError {
  return new StorageError('', `Cache PUT failed: 413 expected a body of at most ${most} bytes, got ${length}`)
}

export const bind = ({ data, fetchCache }: BindingContext): CacheBinding =>
  new CacheBinding(data, fetchCache.mostBytes)
