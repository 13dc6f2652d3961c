/** `ctx` of a Durable Object, as far as it is about WebSockets (hibernation). What is wrong is said in workerd's words. */

import { keeping } from '../bindings/hibernation.ts'
import {
  decodeAll,
  encode,
  NativeError,
  NativeRangeError,
  NativeTypeError,
  parseJson,
  toJson,
} from '../globals/primordials.ts'
import { toScalarText } from '../globals/web-idl.ts'
import { webSockets } from '../globals/web-socket-part.ts'

const MOST_TAGS = 10
const MOST_TAG_LENGTH = 256
const MOST_PAIR_BYTES = 2048
const MOST_TIMEOUT_MS = 604_800_000
/** An id of 4 bytes, and whether it is closed. */
const ITEM_BYTES = 5

type State = Parameters<ReturnType<typeof webSockets>['idOf']>[0]

const wrong = (method: string, place: number, type: string): Error =>
  new NativeTypeError(
    `Failed to execute '${method}' on 'DurableObjectState': parameter ${place} is not of type '${type}'.`,
  )

export function acceptWebSocket(socket: unknown, given: unknown): void {
  const state = toState(socket, 'acceptWebSocket')
  webSockets().keepSocket(state, given === undefined ? [] : toTags(given))
}

function toTags(given: unknown): string[] {
  if (!Array.isArray(given)) throw wrong('acceptWebSocket', 2, 'Array')
  const tags = [...new Set(given.map(toScalarText))]
  if (tags.length > MOST_TAGS) {
    throw new NativeError(`a Hibernatable WebSocket cannot have more than ${MOST_TAGS} tags`)
  }
  for (const tag of tags) {
    if (encode(tag).length > MOST_TAG_LENGTH) {
      throw new NativeError(`"${tag}" is longer than the max tag length (${MOST_TAG_LENGTH} characters).`)
    }
  }
  return tags
}

/** As workerd has them: the newest first, or with a tag the oldest. */
export function getWebSockets(given: unknown): object[] {
  const tag = given === undefined ? undefined : toScalarText(given)
  const bytes = keeping.find(tag === undefined ? new Uint8Array(0) : encode(toJson(tag)))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { reopen } = webSockets()
  const found: object[] = []
  for (let at = 0; at < bytes.length; at += ITEM_BYTES) {
    found[found.length] = reopen(view.getUint32(at, true), bytes[at + 4] === 1)
  }
  return tag === undefined ? found.toReversed() : found
}

export function getTags(socket: unknown): string[] {
  const tags = keeping.tags(webSockets().idOf(toState(socket, 'getTags')))
  if (tags.length > 0) return parseJson(decodeAll(tags)) as string[]
  throw new NativeError(
    "you must call 'acceptWebSocket()' before attempting to access the tags of a WebSocket.",
  )
}

export function setAutoResponse(pair: unknown): void {
  if (pair === undefined) return keeping.setAutoResponse(false, encode(''), encode(''))
  const [request, response] = webSockets().WebSocketRequestResponsePair.textsOf(pair).map(encode)
  checkLength('Request', request!)
  checkLength('Response', response!)
  keeping.setAutoResponse(true, request!, response!)
}

function checkLength(what: string, { length }: Uint8Array): void {
  if (length <= MOST_PAIR_BYTES) return
  throw new NativeRangeError(
    `${what} cannot be larger than ${MOST_PAIR_BYTES} bytes. A ${what.toLowerCase()} of size ${length} was provided.`,
  )
}

export function getAutoResponse(): object | null {
  const pair = keeping.autoResponse()
  if (pair.length === 0) return null
  const [request, response] = parseJson(decodeAll(pair)) as [string, string]
  return new (webSockets().WebSocketRequestResponsePair)(request, response)
}

export function getAnsweredAt(socket: unknown): Date | null {
  const at = keeping.answeredAt(webSockets().idOf(toState(socket, 'getWebSocketAutoResponseTimestamp')))
  return at === 0 ? null : new Date(at)
}

export function setEventTimeout(given: unknown): void {
  const ms = given === undefined ? 0 : Math.trunc(Number(given))
  if (Number.isNaN(ms)) {
    throw new NativeTypeError('The value cannot be converted because it is not an integer.')
  }
  if (ms < 0) {
    throw new NativeTypeError(
      'The value cannot be converted because it is negative and this API expects a positive number.',
    )
  }
  if (ms > MOST_TIMEOUT_MS) throw new NativeError(`Event timeout should not exceed ${MOST_TIMEOUT_MS} ms.`)
  keeping.setEventTimeout(ms)
}

export function getEventTimeout(): number | null {
  const ms = keeping.eventTimeout()
  return ms === 0 ? null : ms
}

function toState(socket: unknown, method: string): State {
  const { isSocket, stateOf } = webSockets()
  if (!isSocket(socket)) throw wrong(method, 1, 'WebSocket')
  return stateOf(socket)
}
