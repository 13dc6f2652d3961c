/** wit/crypto.wit within the component. */

import type * as Wit from 'nano:workers/crypto'
import { runCall, toHash } from '../crypto/calls.ts'
import { note, takeSaid } from '../crypto/said.ts'
import { happen } from '../reactor.ts'

const EMPTY = new Uint8Array(0)
const FAILED = 0
const decoder = new TextDecoder()
const encoder = new TextEncoder()

type Digest = ReturnType<ReturnType<typeof toHash>['create']>

const digests = new Map<number, Digest | string>()

export const text: typeof Wit.text = (subject, field, value) => note(subject, field, decoder.decode(value))

export const number: typeof Wit.number = note

export const bytes: typeof Wit.bytes = (subject, field, value) => note(subject, field, value.slice())

export const key: typeof Wit.key = (subject, field, sealed) => note(subject, field, sealed.slice())

export const start: typeof Wit.start = (id, operation, algorithm, sealed, data) => {
  const said = takeSaid()
  const name = decoder.decode(algorithm)
  settle(id, () => runCall({ operation, algorithm: name, sealed, data: data.slice(), said }))
}

/** Nothing is made at once. */
export const make: typeof Wit.make = () => EMPTY

export const importSecret: typeof Wit.importSecret = () => EMPTY

export const compute: typeof Wit.compute = (call) => {
  const { name } = JSON.parse(decoder.decode(call)) as { name: string }
  const message = `${name}: a component for wasi:http does not have it; use crypto.subtle and CompressionStream, or serve the app with NANO`
  const error = encoder.encode(JSON.stringify({ name: 'Error', message, code: 'ERR_METHOD_NOT_IMPLEMENTED' }))
  const made = new Uint8Array(1 + error.length)
  made[0] = FAILED
  made.set(error, 1)
  return made
}

export const digestWrite: typeof Wit.digestWrite = (id, algorithm, part) => {
  let digest = digests.get(id)
  if (digest === undefined) {
    try {
      digest = toHash(decoder.decode(algorithm)).create()
    } catch (error) {
      digest = toFailure(error)
    }
    digests.set(id, digest)
  }
  if (typeof digest !== 'string') digest.update(part)
}

export const digestFinish: typeof Wit.digestFinish = (id) => {
  const digest = digests.get(id)
  digests.delete(id)
  if (digest === undefined) return
  const value: Wit.CryptoValue =
    typeof digest === 'string' ? { tag: 'failed', val: digest } : { tag: 'bytes', val: digest.digest() }
  happen(0, { tag: 'crypto-done', val: { id, value } })
}

function settle(id: number, run: () => Wit.CryptoValue): void {
  let value: Wit.CryptoValue
  try {
    value = run()
  } catch (error) {
    value = { tag: 'failed', val: toFailure(error) }
  }
  happen(0, { tag: 'crypto-done', val: { id, value } })
}

function toFailure(error: unknown): string {
  const { name, message } = error as Error
  return `${name === 'Error' ? 'OperationError' : name}\n${message}`
}
