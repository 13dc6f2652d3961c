/**
 * Values on their way to another guest: copies, as `structuredClone` makes them, with what is passed by reference as a number
 * that this conversation alone knows.
 *
 *     functions, RpcTargets, stubs    references
 *     streams                         references, whose chunks are asked for one by one
 *     Headers, Request, Response      parts; a body is bytes beside the value, or a stream
 *     objects of other classes        refused
 */

import type { Bytes } from '../../globals/buffer-source.ts'
import type { Body } from '../../globals/body.ts'
import { Headers, isHeaders, listOf } from '../../globals/headers.ts'
import { NativeDOMException, NativeError } from '../../globals/primordials.ts'
import { loadSerializer } from '../../globals/serialize.ts'
import { isRequest, partsOf as partsOfRequest, Request } from '../../globals/request.ts'
import { isResponse, partsOf as partsOfResponse, Response } from '../../globals/response.ts'
import { isReadableStream, isWritableStream, type ReadableStream } from '../../globals/streams.ts'
import { toText } from '../../globals/web-idl.ts'
import { isCloneable } from '../../globals/structured-clone.ts'
import type { Describe, Json, Revive } from '../serialize.ts'
import { isTarget } from './access.ts'
import { malformed, type Packed } from './frame.ts'
import { type Hook, hookOf } from './hook.ts'
import { LocalHook } from './local-hook.ts'
import { fromReadable, fromWritable, toReadable, toWritable } from './streams.ts'
import { innerOf, makeStub } from './stub.ts'

const { deserialize, serialize } = loadSerializer()

/** The references of one conversation. */
export interface References {
  /** Passed to the other side; gives its number. */
  give(hook: Hook): number
  /** The other side passed it. Throws for a number that it has used already. */
  take(number: number): Hook
  /** The number of something that the other side has passed; undefined: it is of elsewhere. */
  numberOf(hook: Hook | undefined): number | undefined
  /** What was given is not passed after all. */
  takeBack(number: number): void
  /** Something that was passed to the other side, and comes back. */
  own(number: number): Hook
}

/** A value that came, with the stubs in it. */
export interface Unpacked {
  readonly value: unknown
  readonly dispose: () => void
}

/** `isGivenAway`: stubs in it are the other side's from here on, as of what a method returns. */
export function pack(value: unknown, references: References, isGivenAway: boolean): Packed {
  return new Packer(references, isGivenAway).pack(value)
}

/** What was thrown: of an Error its name and message, as Workers have it, and of anything else its text. */
export function packThrown(error: unknown): Packed {
  try {
    return { value: serialize(describeThrown(error)), attachments: [] }
  } catch {
    return { value: serialize(['Error', 'an error that cannot be passed on']), attachments: [] }
  }
}

/** `code`: what the host says of a failure. */
function describeThrown(error: unknown): unknown {
  if (error instanceof NativeDOMException) return error
  if (!(error instanceof NativeError)) return ['Error', String(error)]
  const { code } = error as { code?: unknown }
  return [toText(error.name), toText(error.message), ...(typeof code === 'string' ? [code] : [])]
}

export function unpackThrown({ value }: Packed): unknown {
  const said = deserialize(value)
  if (!Array.isArray(said)) return said
  const [name, message, code] = said.map(String)
  const error = makeError(name!, message!)
  return code === undefined ? error : Object.assign(error, { code })
}

const ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }

function makeError(name: string, message: string): Error {
  if (Object.hasOwn(ERRORS, name)) return new ERRORS[name as keyof typeof ERRORS](message)
  const error = new NativeError(message)
  const hidden = { value: name, writable: true, enumerable: false, configurable: true }
  return name === 'Error' ? error : Object.defineProperty(error, 'name', hidden)
}

class Packer {
  readonly #references: References
  readonly #isGivenAway: boolean
  readonly #attachments: Bytes[] = []
  readonly #given: number[] = []

  constructor(references: References, isGivenAway: boolean) {
    this.#references = references
    this.#isGivenAway = isGivenAway
  }

  pack(value: unknown): Packed {
    try {
      return { value: serialize(value, this.#describe), attachments: this.#attachments }
    } catch (error) {
      for (const number of this.#given) this.#references.takeBack(number)
      throw error
    }
  }

  readonly #describe: Describe = (value) => {
    const hook = hookOf(value)
    if (hook !== undefined) return this.#describeStub(hook)
    if (typeof value === 'function' || isTarget(value)) return ['ref', this.#give(new LocalHook(value))]
    if (isHeaders(value)) return ['headers', listOf(value).toLines()]
    if (isRequest(value)) return this.#describeRequest(value)
    if (isResponse(value)) return this.#describeResponse(value)
    if (isReadableStream(value)) return ['readable', this.#give(fromReadable(value))]
    if (isWritableStream(value)) return ['writable', this.#give(fromWritable(value))]
    if (!isPassable(value)) throw refused(value)
    return undefined
  }

  #describeStub(hook: Hook): Json {
    const number = this.#references.numberOf(innerOf(hook))
    if (number !== undefined) return ['own', number]
    const dup = hook.dup()
    if (this.#isGivenAway) hook.dispose()
    return ['ref', this.#give(dup)]
  }

  #describeRequest(value: Request): Json {
    const { method, url, options, body } = partsOfRequest(value)
    const { redirect, cf } = options
    const lines = partsOfRequest(value).toList().toLines()
    return ['request', { method, url, redirect, lines, cf: (cf ?? null) as Json }, this.#describeBody(body)]
  }

  #describeResponse(value: Response): Json {
    const parts = partsOfResponse(value)
    if (parts.isError) throw refused(value)
    const { status, statusText } = value
    return [
      'response',
      { status, statusText, lines: parts.toList().toLines() },
      this.#describeBody(parts.body),
    ]
  }

  #describeBody(body: Body | null): Json {
    if (body === null) return null
    body.expectUsable()
    const whole = body.takeWhole()
    if (whole !== undefined) return ['bytes', this.#attachments.push(whole) - 1]
    return ['stream', this.#give(fromReadable(body.takeStream()))]
  }

  #give(hook: Hook): number {
    const number = this.#references.give(hook)
    this.#given.push(number)
    return number
  }
}

/** Whether its class is none of an app's. */
function isPassable(value: object): boolean {
  if (Array.isArray(value)) return true
  const prototype = Object.getPrototypeOf(value) as unknown
  return prototype === null || prototype === Object.prototype || isCloneable(value)
}

function refused(value: object): DOMException {
  const { name = '' } = (value as { constructor?: { name?: string } }).constructor ?? {}
  return new NativeDOMException(
    `Could not serialize object of type "${name}". This type does not support serialization; a class that extends RpcTarget is passed by reference.`,
    'DataCloneError',
  )
}

/** Throws for what the other side could not have meant. */
export function unpack({ value, attachments }: Packed, references: References): Unpacked {
  const stubs: (() => void)[] = []
  const taken: Hook[] = []
  const take = (said: Json | undefined): Hook => {
    const hook = references.take(said as number)
    taken.push(hook)
    return hook
  }
  const toStub = (hook: Hook): object => {
    const stub = makeStub(hook) as { [Symbol.dispose](): void }
    stubs.push(() => stub[Symbol.dispose]())
    return stub
  }
  const toBody = (said: Json | undefined): Bytes | ReadableStream | null => {
    if (said === null || said === undefined) return null
    const [kind, number] = said as [string, number]
    if (kind === 'stream') return toReadable(take(number))
    const bytes = attachments[number]
    if (bytes === undefined) throw malformed()
    return bytes.slice()
  }
  const revive: Revive = (said) => {
    if (!Array.isArray(said)) throw malformed()
    const [kind, first, second] = said as readonly Json[]
    switch (kind) {
      case 'ref':
        return toStub(take(first))
      case 'own':
        return toStub(references.own(first as number))
      case 'readable':
        return toReadable(take(first))
      case 'writable':
        return toWritable(take(first))
      case 'headers':
        return new Headers(toPairs(first))
      case 'request': {
        const { url, lines, cf, ...init } = first as Record<string, string>
        const body = toBody(second)
        const given = { ...init, headers: toPairs(lines), ...(cf && { cf }), ...(body && { body }) }
        return new Request(url, given)
      }
      case 'response': {
        const { status, statusText, lines } = first as Record<string, string>
        const body = toBody(second)
        return new Response(body, {
          status: Number(status),
          statusText: statusText!,
          headers: toPairs(lines),
        })
      }
      default:
        throw malformed()
    }
  }
  try {
    return { value: deserialize(value, revive), dispose: () => stubs.forEach((dispose) => dispose()) }
  } catch (error) {
    for (const hook of taken) hook.dispose()
    throw error
  }
}

function toPairs(lines: Json | undefined): [string, string][] {
  if (typeof lines !== 'string') throw malformed()
  const list = lines.split('\n')
  const pairs: [string, string][] = []
  for (let i = 0; i + 1 < list.length; i += 2) pairs.push([list[i]!, list[i + 1]!])
  return pairs
}
