/**
 * Events into a guest's memory, past jco's glue: the canonical ABI's `list<event>` of wit/events.wit, written by hand.
 *
 * The glue keeps closures and task records per instance; with two hundred instances in turn they cost more than the
 * guest itself (ARCHITECTURE.md, decisions). This costs one allocation per list or string and nothing per instance.
 *
 *     list:   event[0] event[1] ...       EVENT_BYTES each
 *     event:  tag u8, padding, payload at PAYLOAD: records with fields at their natural alignment
 *     string, list<u8>:  pointer u32, length u32; the guest frees what they point to
 *
 * The guest's allocator runs inside the turn's limits and may answer anything: every write goes through a view of
 * the guest's own memory, which refuses what lies outside of it.
 */
import type { Event } from '../../wit/types/host/interfaces/nano-workers-events.d.ts'

/** What the core module exports for this. */
export interface CoreGuest {
  readonly cabi_realloc: (old: number, oldSize: number, align: number, size: number) => number
  readonly turn: (source: number, events: number, count: number) => void
  readonly cabi_post_turn: () => void
}

const EVENT_BYTES = 44
const EVENT_ALIGN = 4
const PAYLOAD = 4

/** Positions of the cases of `variant event`. */
const TAG = {
  startup: 0,
  request: 1,
  'request-body': 2,
  'request-body-failed': 3,
  'client-gone': 4,
  'response-writable': 5,
  'timer-due': 6,
  answered: 7,
  'answer-body': 8,
  'fetch-failed': 9,
  'fetch-writable': 10,
} as const satisfies Record<Event['tag'], number>

const encoder = new TextEncoder()

/** Writes events into one guest and enters it. */
export class EventLowering {
  readonly #memory: WebAssembly.Memory
  readonly #guest: CoreGuest
  #bytes: Uint8Array
  #view: DataView

  constructor(memory: WebAssembly.Memory, guest: CoreGuest) {
    this.#memory = memory
    this.#guest = guest
    this.#bytes = new Uint8Array(memory.buffer)
    this.#view = new DataView(memory.buffer)
  }

  /** One call of the world's `turn`. Throws whatever ends the guest. */
  readonly turn = (source: number, events: readonly Event[]): void => {
    const list = this.#allocate(EVENT_ALIGN, EVENT_BYTES * events.length)
    let at = list
    for (const event of events) {
      this.#event(at, event)
      at += EVENT_BYTES
    }
    this.#guest.turn(source, list, events.length)
    this.#guest.cabi_post_turn()
  }

  #event(at: number, event: Event): void {
    this.#view.setUint8(at, TAG[event.tag])
    const payload = at + PAYLOAD
    switch (event.tag) {
      case 'request': {
        const { id, method, url, headers, hasBody } = event.val
        this.#u32(payload, id)
        this.#string(payload + 4, method)
        this.#string(payload + 12, url)
        this.#string(payload + 20, headers)
        this.#bool(payload + 28, hasBody)
        return
      }
      case 'request-body':
      case 'answer-body':
        this.#u32(payload, event.val.id)
        this.#list(payload + 4, event.val.bytes)
        this.#bool(payload + 12, event.val.last)
        return
      case 'answered': {
        const { id, status, statusText, url, redirected, headers, hasBody } = event.val
        this.#u32(payload, id)
        this.#view.setUint16(payload + 4, status, true)
        this.#string(payload + 8, statusText)
        this.#string(payload + 16, url)
        this.#bool(payload + 24, redirected)
        this.#string(payload + 28, headers)
        this.#bool(payload + 36, hasBody)
        return
      }
      case 'request-body-failed':
      case 'fetch-failed':
        this.#u32(payload, event.val.id)
        this.#string(payload + 4, event.val.message)
        return
      case 'startup':
        this.#string(payload, event.val.env)
        return
      case 'client-gone':
      case 'response-writable':
      case 'fetch-writable':
        this.#u32(payload, event.val)
        return
      case 'timer-due':
    }
  }

  #u32(at: number, value: number): void {
    this.#view.setUint32(at, value, true)
  }

  #bool(at: number, value: boolean): void {
    this.#view.setUint8(at, value ? 1 : 0)
  }

  #string(at: number, text: string): void {
    const length = Buffer.byteLength(text)
    const to = this.#allocate(1, length)
    if (length > 0) encoder.encodeInto(text, this.#bytes.subarray(to, to + length))
    this.#u32(at, to)
    this.#u32(at + 4, length)
  }

  #list(at: number, bytes: Uint8Array): void {
    const to = this.#allocate(1, bytes.length)
    this.#bytes.set(bytes, to)
    this.#u32(at, to)
    this.#u32(at + 4, bytes.length)
  }

  /** Room in the guest; the guest's memory may have grown for it, which takes the old views away. */
  #allocate(align: number, size: number): number {
    if (size === 0) return align
    const at = this.#guest.cabi_realloc(0, 0, align, size) >>> 0
    if (this.#view.buffer !== this.#memory.buffer) {
      this.#bytes = new Uint8Array(this.#memory.buffer)
      this.#view = new DataView(this.#memory.buffer)
    }
    if (at + size > this.#bytes.length || at % align !== 0) {
      throw new RangeError(`the guest's allocator gave ${at} for ${size} bytes`)
    }
    return at
  }
}
