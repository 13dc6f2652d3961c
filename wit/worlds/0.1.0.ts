/** nano:workers@0.1.0: from wit/worlds/0.1.0.wit. Written by wit/generate.ts; to change it, change what it is written from. */
import type { GuestReader } from '../../host/engine/guest-reader.ts'
import type { GuestWriter } from '../../host/engine/guest-writer.ts'

export const version = '0.1.0'
/** Changes with whatever lies otherwise in memory or has another name. */
export const structure = 'ed7f177b285529f5'

export interface EventsStartup {
  readonly env: string
}

export interface EventsRequest {
  readonly id: number
  readonly method: string
  readonly url: string
  readonly headers: string
  readonly hasBody: boolean
}

export interface EventsBodyChunk {
  readonly id: number
  readonly bytes: Uint8Array
  readonly last: boolean
}

export interface EventsFailure {
  readonly id: number
  readonly message: string
}

export interface EventsAnswer {
  readonly id: number
  readonly status: number
  readonly statusText: string
  readonly url: string
  readonly redirected: boolean
  readonly headers: string
  readonly hasBody: boolean
}

export type EventsEvent =
  | { readonly tag: 'startup'; readonly val: EventsStartup }
  | { readonly tag: 'request'; readonly val: EventsRequest }
  | { readonly tag: 'request-body'; readonly val: EventsBodyChunk }
  | { readonly tag: 'request-body-failed'; readonly val: EventsFailure }
  | { readonly tag: 'client-gone'; readonly val: number }
  | { readonly tag: 'response-writable'; readonly val: number }
  | { readonly tag: 'timer-due' }
  | { readonly tag: 'answered'; readonly val: EventsAnswer }
  | { readonly tag: 'answer-body'; readonly val: EventsBodyChunk }
  | { readonly tag: 'fetch-failed'; readonly val: EventsFailure }
  | { readonly tag: 'fetch-writable'; readonly val: number }

export type OutboundRedirect = 'follow' | 'error' | 'manual'
const outboundRedirectCases: readonly OutboundRedirect[] = ['follow', 'error', 'manual']

export type ConsoleLevel = 'debug' | 'info' | 'warn' | 'error'
const consoleLevelCases: readonly ConsoleLevel[] = ['debug', 'info', 'warn', 'error']

/** What the world's guest calls. */
export interface Imports {
  readonly 'nano:workers/response': {
    readonly send: (id: number, status: number, headers: Uint8Array, body: Uint8Array) => void
    readonly start: (id: number, status: number, headers: Uint8Array) => void
    readonly write: (id: number, bytes: Uint8Array) => boolean
    readonly finish: (id: number) => void
    readonly fail: (id: number, error: Uint8Array) => void
  }
  readonly 'nano:workers/request-body': {
    readonly pull: (id: number) => void
    readonly cancel: (id: number) => void
  }
  readonly 'nano:workers/timer': {
    readonly wakeIn: (delay: number, source: number) => void
  }
  readonly 'nano:workers/outbound': {
    readonly start: (id: number, head: Uint8Array, body: Uint8Array, more: boolean, redirect: OutboundRedirect) => void
    readonly write: (id: number, bytes: Uint8Array) => boolean
    readonly finish: (id: number) => void
    readonly pull: (id: number) => void
    readonly abort: (id: number) => void
  }
  readonly 'nano:workers/console': {
    readonly log: (level: ConsoleLevel, text: Uint8Array) => void
    readonly report: (error: Uint8Array) => void
  }
  readonly 'nano:workers/background': {
    readonly hold: (id: number) => void
    readonly release: (id: number) => void
  }
}

/** How the world's guest is entered. */
export interface Exports {
  readonly turn: (source: number, events: readonly EventsEvent[]) => void
}

/** What the core module exports for this. */
export interface CoreExports {
  readonly 'turn': (source: number, events: number, length: number) => void
  readonly 'cabi_post_turn': () => void
}

function storeEventsStartup(to: GuestWriter, at: number, value: EventsStartup): void {
  to.string(at, value.env)
}

function storeEventsRequest(to: GuestWriter, at: number, value: EventsRequest): void {
  to.u32(at, value.id)
  to.string(at + 4, value.method)
  to.string(at + 12, value.url)
  to.string(at + 20, value.headers)
  to.bool(at + 28, value.hasBody)
}

function storeEventsBodyChunk(to: GuestWriter, at: number, value: EventsBodyChunk): void {
  to.u32(at, value.id)
  to.list(at + 4, to.copy(value.bytes), value.bytes.length)
  to.bool(at + 12, value.last)
}

function storeEventsFailure(to: GuestWriter, at: number, value: EventsFailure): void {
  to.u32(at, value.id)
  to.string(at + 4, value.message)
}

function storeEventsAnswer(to: GuestWriter, at: number, value: EventsAnswer): void {
  to.u32(at, value.id)
  to.u16(at + 4, value.status)
  to.string(at + 8, value.statusText)
  to.string(at + 16, value.url)
  to.bool(at + 24, value.redirected)
  to.string(at + 28, value.headers)
  to.bool(at + 36, value.hasBody)
}

function storeEventsEvent(to: GuestWriter, at: number, value: EventsEvent): void {
  switch (value.tag) {
    case 'startup':
      to.u8(at, 0)
      storeEventsStartup(to, at + 4, value.val)
      return
    case 'request':
      to.u8(at, 1)
      storeEventsRequest(to, at + 4, value.val)
      return
    case 'request-body':
      to.u8(at, 2)
      storeEventsBodyChunk(to, at + 4, value.val)
      return
    case 'request-body-failed':
      to.u8(at, 3)
      storeEventsFailure(to, at + 4, value.val)
      return
    case 'client-gone':
      to.u8(at, 4)
      to.u32(at + 4, value.val)
      return
    case 'response-writable':
      to.u8(at, 5)
      to.u32(at + 4, value.val)
      return
    case 'timer-due':
      to.u8(at, 6)
      return
    case 'answered':
      to.u8(at, 7)
      storeEventsAnswer(to, at + 4, value.val)
      return
    case 'answer-body':
      to.u8(at, 8)
      storeEventsBodyChunk(to, at + 4, value.val)
      return
    case 'fetch-failed':
      to.u8(at, 9)
      storeEventsFailure(to, at + 4, value.val)
      return
    case 'fetch-writable':
      to.u8(at, 10)
      to.u32(at + 4, value.val)
      return
    default:
      to.unknownCase(value)
  }
}

function storeItemsOfEventsEvent(to: GuestWriter, items: readonly EventsEvent[]): number {
  const start = to.allocate(4, 44 * items.length)
  let at = start
  for (const item of items) {
    storeEventsEvent(to, at, item)
    at += 44
  }
  return start
}

/** The exports of a guest. Each throws whatever ends the guest. */
export function lowerExports(guest: CoreExports, to: GuestWriter): Exports {
  return {
    turn: (source, events) => {
      const eventsAt = storeItemsOfEventsEvent(to, events)
      guest['turn'](source, eventsAt, events.length)
      guest['cabi_post_turn']()
    },
  }
}

/** The most of a list that is taken out of a guest. */
export interface Bounds {
  readonly 'head': number
  readonly 'text': number
}

/** The interfaces as the core module imports them, names without version. */
export function liftImports(imports: Imports, from: GuestReader, to: GuestWriter, bounds: Bounds) {
  return {
    'nano:workers/response': {
      'send': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number) => imports['nano:workers/response'].send(a0 >>> 0, a1 & 0xffff, from.bytes(a2, a3, bounds['head']), from.bytes(a4, a5)),
      'start': (a0: number, a1: number, a2: number, a3: number) => imports['nano:workers/response'].start(a0 >>> 0, a1 & 0xffff, from.bytes(a2, a3, bounds['head'])),
      'write': (a0: number, a1: number, a2: number) => (imports['nano:workers/response'].write(a0 >>> 0, from.bytes(a1, a2)) ? 1 : 0),
      'finish': (a0: number) => imports['nano:workers/response'].finish(a0 >>> 0),
      'fail': (a0: number, a1: number, a2: number) => imports['nano:workers/response'].fail(a0 >>> 0, from.bytes(a1, a2, bounds['text'])),
    },
    'nano:workers/request-body': {
      'pull': (a0: number) => imports['nano:workers/request-body'].pull(a0 >>> 0),
      'cancel': (a0: number) => imports['nano:workers/request-body'].cancel(a0 >>> 0),
    },
    'nano:workers/timer': {
      'wake-in': (a0: number, a1: number) => imports['nano:workers/timer'].wakeIn(a0, a1 >>> 0),
    },
    'nano:workers/outbound': {
      'start': (a0: number, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number) => imports['nano:workers/outbound'].start(a0 >>> 0, from.bytes(a1, a2, bounds['head']), from.bytes(a3, a4), a5 !== 0, from.caseOf(outboundRedirectCases, a6)),
      'write': (a0: number, a1: number, a2: number) => (imports['nano:workers/outbound'].write(a0 >>> 0, from.bytes(a1, a2)) ? 1 : 0),
      'finish': (a0: number) => imports['nano:workers/outbound'].finish(a0 >>> 0),
      'pull': (a0: number) => imports['nano:workers/outbound'].pull(a0 >>> 0),
      'abort': (a0: number) => imports['nano:workers/outbound'].abort(a0 >>> 0),
    },
    'nano:workers/console': {
      'log': (a0: number, a1: number, a2: number) => imports['nano:workers/console'].log(from.caseOf(consoleLevelCases, a0), from.bytes(a1, a2, bounds['text'])),
      'report': (a0: number, a1: number) => imports['nano:workers/console'].report(from.bytes(a0, a1, bounds['text'])),
    },
    'nano:workers/background': {
      'hold': (a0: number) => imports['nano:workers/background'].hold(a0 >>> 0),
      'release': (a0: number) => imports['nano:workers/background'].release(a0 >>> 0),
    },
  }
}
