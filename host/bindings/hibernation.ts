/**
 * WebSockets that a Durable Object keeps beyond its instances (wit/hibernation.wit): what it says of them is said to who has them for it
 * (host/durable/object-sockets.ts), at once, as nothing of it can be seen outside.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-hibernation.d.ts'
import type { BindingContext, GuestEvent } from './binding.ts'
import { PassiveBinding } from './passive-binding.ts'
import type { WebSocketSide } from './web-socket-side.ts'

/** Those of one object. */
export interface KeptSockets {
  /** The largest id of one that was ever kept. */
  readonly lastId: number
  eventTimeoutMs: number
  autoResponse: AutoResponse | undefined
  find(id: number): WebSocketSide | undefined
  keep(side: WebSocketSide, tags: readonly string[]): void
  /** The oldest first. */
  list(tag: string | undefined): Iterable<WebSocketSide>
  tagsOf(id: number): readonly string[] | undefined
  /** False: there is no room for it, or no such one. */
  attach(id: number, value: Uint8Array): boolean
  attachmentOf(id: number): Uint8Array | undefined
  /** Milliseconds since 1970. */
  answeredAt(id: number): number | undefined
  /** An instance has them: what it says goes out by this. */
  enter(pass: (act: () => void) => void): void
  /** It has nothing to do: those that it has given to nobody are over. */
  rest(): void
}

export interface AutoResponse {
  readonly request: string
  readonly response: string
}

export interface HibernationServices {
  readonly meter: BindingContext['meter']
  readonly pass: (act: () => void) => void
  /** Undefined: the instance is no Durable Object. */
  readonly kept: KeptSockets | undefined
  /** The side goes from the instance to the object; undefined: it cannot. */
  readonly handOff: (id: number) => WebSocketSide | undefined
}

const MOST_TAGS = 10
const MOST_TAG_LENGTH = 256
const MOST_ATTACHED_BYTES = 16 * 1024
const MOST_PAIR_BYTES = 2048
const NOTHING = new Uint8Array(0)
/** An id, and whether it is closed. */
const ITEM_BYTES = 5
const decoder = new TextDecoder()
const encoder = new TextEncoder()

export class HibernationBinding extends PassiveBinding {
  readonly #services: HibernationServices

  constructor(services: HibernationServices) {
    super()
    this.#services = services
    services.kept?.enter(services.pass)
  }

  /** The functions that the guest calls. */
  readonly imports = {
    keep: (id: number, tags: Uint8Array): boolean => {
      const kept = this.#kept
      const list = parseTags(tags)
      const side = kept && list && this.#services.handOff(id)
      if (side !== undefined) kept!.keep(side, list!)
      return side !== undefined
    },
    find: (json: Uint8Array): Uint8Array => {
      const kept = this.#kept
      const tag = json.length === 0 ? undefined : parse(json)
      if (kept === undefined || (json.length > 0 && typeof tag !== 'string')) return NOTHING
      return toItems([...kept.list(tag as string | undefined)])
    },
    tags: (id: number): Uint8Array => toJson(this.#kept?.tagsOf(id)),
    attach: (id: number, value: Uint8Array): boolean => {
      const kept = this.#kept
      return value.length <= MOST_ATTACHED_BYTES && kept?.attach(id, value) === true
    },
    attachment: (id: number): Uint8Array => this.#kept?.attachmentOf(id) ?? NOTHING,
    setAutoResponse: (isOn: boolean, request: Uint8Array, response: Uint8Array): void => {
      const kept = this.#kept
      if (kept === undefined || request.length > MOST_PAIR_BYTES || response.length > MOST_PAIR_BYTES) return
      const pair = { request: decoder.decode(request), response: decoder.decode(response) }
      kept.autoResponse = isOn ? pair : undefined
    },
    autoResponse: (): Uint8Array => {
      const pair = this.#kept?.autoResponse
      return toJson(pair && [pair.request, pair.response])
    },
    answeredAt: (id: number): number => this.#kept?.answeredAt(id) ?? 0,
    setEventTimeout: (ms: number): void => {
      const kept = this.#kept
      if (kept !== undefined) kept.eventTimeoutMs = ms
    },
    eventTimeout: (): number => this.#kept?.eventTimeoutMs ?? 0,
  } satisfies typeof Wit

  delivered({ tag }: GuestEvent): void {
    if (tag === 'kept-message') this.#services.meter.webSocketMessages++
  }

  rest(): void {
    this.#services.kept?.rest()
  }

  get #kept(): KeptSockets | undefined {
    const { meter, kept } = this.#services
    meter.crossings++
    if (kept === undefined) meter.ignored++
    return kept
  }
}

function parse(json: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(json))
  } catch {
    return undefined
  }
}

/** Undefined: they are none that may be. */
function parseTags(json: Uint8Array): readonly string[] | undefined {
  const tags = parse(json)
  const isTag = (tag: unknown): boolean => typeof tag === 'string' && tag.length <= MOST_TAG_LENGTH
  return Array.isArray(tags) && tags.length <= MOST_TAGS && tags.every(isTag) ? tags : undefined
}

function toJson(value: unknown): Uint8Array {
  return value === undefined ? NOTHING : encoder.encode(JSON.stringify(value))
}

function toItems(sides: readonly WebSocketSide[]): Uint8Array {
  const bytes = new Uint8Array(sides.length * ITEM_BYTES)
  const view = new DataView(bytes.buffer)
  for (const [i, { id, isClosing }] of sides.entries()) {
    view.setUint32(i * ITEM_BYTES, id, true)
    bytes[i * ITEM_BYTES + 4] = isClosing ? 1 : 0
  }
  return bytes
}

export const bind = ({ meter, hibernation }: BindingContext): HibernationBinding =>
  new HibernationBinding({ meter, ...hibernation })
