/** The storage of the Durable Object that this instance is, on the host: operations as `ctx.storage` (lazy/durable-storage.ts) makes them. */

import { type Event, type Operation, perform, sync } from 'nano:workers/durable-storage'
import type { Bytes } from '../globals/buffer-source.ts'
import {
  decode,
  defineProperty,
  encode,
  makeTable,
  NativeError,
  NativePromise,
  NativeRangeError,
  NativeTypeError,
  parseJson,
  toJson,
} from '../globals/primordials.ts'
import { requireLive } from '../turn/phase.ts'
import type { GuestBinding } from './binding.ts'

const REFUSED = 1
const LF = 10
const NONE: readonly Bytes[] = []

/** What the host answered: what was JSON, and the bytes behind it. */
export interface StorageAnswer {
  readonly said: unknown
  readonly rest: Uint8Array
}

interface Refusal {
  readonly name: string
  readonly code: string
  readonly message: string
}

const waiting = makeTable<number, () => void>()
let lastId = 0

/** Made at once. Throws what the host refuses it with. `parts`: bytes behind the JSON. */
export function askStorage(operation: Operation, said: unknown, parts = NONE): StorageAnswer {
  requireLive('an operation of a storage')
  const answer = perform(operation, toMessage(said, parts))
  let end = 1
  while (end < answer.length && answer[end] !== LF) end++
  const heard = parseJson(decode(answer.subarray(1, end)))
  if (answer[0] === REFUSED) throw toError(heard as Refusal)
  return { said: heard, rest: answer.subarray(end + 1) }
}

/** Resolves when what was written so far is on the disk. */
export function awaitStored(): Promise<void> {
  return new NativePromise((resolve) => {
    requireLive('an operation of a storage')
    const id = ++lastId
    waiting.set(id, resolve)
    sync(id)
  })
}

function toMessage(said: unknown, parts: readonly Bytes[]): Bytes {
  const head = encode(`${toJson(said)}\n`)
  if (parts.length === 0) return head
  let size = head.length
  for (let i = 0; i < parts.length; i++) size += (parts[i] as Bytes).length
  const all: Bytes = new Uint8Array(size)
  all.set(head)
  let at = head.length
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Bytes
    all.set(part, at)
    at += part.length
  }
  return all
}

function toError({ name, code, message }: Refusal): Error {
  const Kind = name === 'TypeError' ? NativeTypeError : name === 'RangeError' ? NativeRangeError : NativeError
  const error = new Kind(message)
  if (code !== '') defineProperty(error, 'code', { value: code, writable: true, configurable: true })
  return error
}

export const binding: GuestBinding<Event> = {
  events: {
    'durable-stored': (id: number) => {
      waiting.get(id)?.()
      waiting.delete(id)
    },
  },
}
