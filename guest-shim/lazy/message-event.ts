import { Event } from '../globals/event.ts'
import { NativeTypeError } from '../globals/primordials.ts'
import { requireArguments, toMembers, toText } from '../globals/web-idl.ts'

/** HTML 9.1. */
export class MessageEvent extends Event {
  #members: {
    data: unknown
    origin: string
    lastEventId: string
    source: object | null
    ports: readonly object[]
  }

  constructor(type: unknown, init: unknown = undefined) {
    requireArguments(arguments.length, 1, 'MessageEvent')
    super(type, init)
    const { data, origin, lastEventId, source, ports } = toMembers(
      init as Record<string, unknown> | undefined,
      'MessageEvent',
    )
    this.#members = {
      data: data ?? null,
      origin: origin === undefined ? '' : toText(origin),
      lastEventId: lastEventId === undefined ? '' : toText(lastEventId),
      source: toSource(source),
      ports: Object.freeze(ports === undefined ? [] : [...(ports as Iterable<object>)]),
    }
  }

  get data(): unknown {
    return this.#members.data
  }

  get origin(): string {
    return this.#members.origin
  }

  get lastEventId(): string {
    return this.#members.lastEventId
  }

  get source(): object | null {
    return this.#members.source
  }

  get ports(): readonly object[] {
    return this.#members.ports
  }
}

function toSource(source: unknown): object | null {
  if (source === undefined || source === null) return null
  if (typeof source === 'object') return source
  throw new NativeTypeError(`MessageEvent: expected an object as the source, got ${typeof source}`)
}
