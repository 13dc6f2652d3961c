/**
 * Calls of other apps, or of the app itself (wit/calls.wit): starts calls; data.ts has what becomes of them, and host/calls brings
 * them to whom they lead. What the caller's account says goes along: whoever is called works for it.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-calls.d.ts'
import { CDN_LOOP } from '../http/cdn-loop.ts'
import { readGuestLines } from '../http/guest-lines.ts'
import { parseHeaderLines, toHeaderLines, toValues } from '../http/header-lines.ts'
import type { RequestTrace } from '../http/request-trace.ts'
import type { Account } from '../limits/account.ts'
import { StorageError } from '../storage/failure.ts'
import type { Side } from '../web-socket/line.ts'
import type { BindingContext } from './binding.ts'
import type { DataAsk } from './data.ts'
import { splitRequest, type RequestText } from './message-head.ts'
import { PassiveBinding } from './passive-binding.ts'

const KIND = 'service'

/** Of the message's own headers those that the host decides. */
const DECIDED: ReadonlySet<string> = new Set([CDN_LOOP, 'content-length'])
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/

/** How many calls may lead to one. */
const MOST_DEPTH = 16
const MOST_TARGET_BYTES = 8300
/** Largest message of a conversation, as Workers have it. */
const MOST_MESSAGE_BYTES = 32 * 1024 * 1024
const MOST_ERROR_BYTES = 16 * 1024

/** What a call says beside the callee that its binding leads to. */
export interface CallArgs {
  /** What of the callee: the id of an object. */
  readonly target: string
  /** Of a fetch. */
  readonly head: RequestText | undefined
  /** Of a conversation: the first one. */
  readonly message: Uint8Array | undefined
  /** How many calls lead to it, itself included. */
  readonly depth: number
  readonly trace: RequestTrace | undefined
  /** Whose request the call is made for. */
  readonly client: string
  /** The callee has taken so many milliseconds of the processor. */
  readonly charge: (ms: number) => void
  /** A WebSocket that it answers with comes to the caller; undefined: that has as many as it may. */
  readonly adopt: (side: Side) => number | undefined
}

/** What an entrypoint threw is told to whoever called it. */
export interface CallAnswers {
  threw(id: number, error: Uint8Array): void
}

class CallsBinding extends PassiveBinding {
  readonly #context: BindingContext

  constructor(context: BindingContext) {
    super()
    this.#context = context
  }

  readonly imports = {
    fetch: (
      id: number,
      binding: Uint8Array,
      target: Uint8Array,
      head: Uint8Array,
      body: Uint8Array,
      more: boolean,
    ): void =>
      this.#start(id, binding, (account) => {
        const args = this.#toArgs(account, target, { head: toHead(head, account.headers) })
        return { op: 'fetch', args, body, more }
      }),
    converse: (id: number, binding: Uint8Array, target: Uint8Array, message: Uint8Array): void =>
      this.#start(id, binding, (account) => {
        if (message.length > MOST_MESSAGE_BYTES) throw tooLarge(message.length)
        const args = this.#toArgs(account, target, { message })
        return { op: 'converse', args, more: true, heldBytes: message.length }
      }),
    threw: (id: number, error: Uint8Array): void =>
      this.#context.calls.threw(id, error.subarray(0, MOST_ERROR_BYTES)),
  } satisfies typeof Wit

  #start(id: number, binding: Uint8Array, toAsk: (account: Account) => DataAsk): void {
    this.#context.data.startCall(id, KIND, binding, toAsk)
  }

  #toArgs(
    account: Account,
    target: Uint8Array,
    { head, message }: { head?: RequestText; message?: Uint8Array },
  ): CallArgs {
    if (target.length > MOST_TARGET_BYTES) throw new StorageError('', 'the id of what is called is too long')
    const depth = account.depth + 1
    if (depth > MOST_DEPTH) throw tooDeep()
    return {
      target: Buffer.from(target).toString(),
      head,
      message,
      depth,
      trace: account.trace,
      client: account.client,
      charge: (ms) => this.#context.accounts.chargeCall(account, ms, performance.now()),
      adopt: (side) => this.#context.adopt(side, account.number),
    }
  }
}

/** What the caller says, checked. `before`: headers of the request that the call is made for. */
function toHead(bytes: Uint8Array, before: string): RequestText {
  const { method, url, headers: said } = splitRequest(bytes)
  const { protocol } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:')
    throw invalid(`expected an http: or https: URL, got ${protocol}`)
  if (!METHOD.test(method)) throw invalid('expected a method')
  const lines = readGuestLines(said)
  if (typeof lines === 'string') throw invalid(lines)
  let headers = toCf(lines.others.get(':cf'))
  for (let i = 0; i + 1 < lines.headers.length; i += 2) {
    const name = lines.headers[i]!.toLowerCase()
    if (!DECIDED.has(name)) headers += toHeaderLines(name, lines.headers[i + 1]!)
  }
  return { method, url, headers: headers + toLoop(before) }
}

/** `request.cf`, which goes along. */
function toCf(json: string | undefined): string {
  if (json === undefined) return ''
  try {
    JSON.parse(json)
  } catch {
    return ''
  }
  return toHeaderLines(':cf', json)
}

/** What the request that a call is made for says of its way, as it says it. */
function toLoop(headers: string): string {
  if (!headers.includes(CDN_LOOP)) return ''
  const values = toValues(parseHeaderLines(headers) ?? [], CDN_LOOP)
  return values.map((value) => toHeaderLines(CDN_LOOP, value)).join('')
}

function invalid(what: string): StorageError {
  return new StorageError('', `fetch failed: ${what}`, { name: 'TypeError' })
}

function tooDeep(): StorageError {
  const message = `Subrequest depth limit exceeded: expected at most ${MOST_DEPTH} calls from app to app that lead to one another. Does an app call itself?`
  return new StorageError('CALL_DEPTH', message)
}

function tooLarge(length: number): StorageError {
  const message = `expected what is passed to a method to be at most ${MOST_MESSAGE_BYTES} bytes when it is serialized, got ${length}; pass a ReadableStream`
  return new StorageError('CALL_LIMIT', message)
}

export const bind = (context: BindingContext): CallsBinding => new CallsBinding(context)
