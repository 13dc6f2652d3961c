/**
 * Durable Objects (wit/durable.wit): ids, made at once, as an id depends on nothing but what it is made of; and what an object asks for
 * itself, which happens when the turn is over.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-durable.d.ts'
import type { Callee, Env } from '../config/env.ts'
import type { BindingContext } from './binding.ts'
import { isJurisdiction, type DurableIds } from './durable-id.ts'
import { PassiveBinding } from './passive-binding.ts'

/** What an object may ask of its instance. */
export interface ObjectPort {
  /** Nothing but what this source has set off comes from now on, until as many `unblock`. */
  block(source: number): void
  unblock(source: number): void
  /** It is to be ended. `reason`: a name, LF, and a message. */
  reset(reason: string): void
}

export interface DurableServices {
  readonly env: Env
  /** Ids of the objects of a class; undefined: nobody has the class. */
  readonly idsOf: ((callee: Callee) => DurableIds | undefined) | undefined
  /** Undefined: the instance is no object. */
  readonly port: ObjectPort | undefined
}

/** What is no name of an object for its length. */
const MOST_NAME_BYTES = 8192
const NONE = new Uint8Array(0)
const decoder = new TextDecoder()
const encoder = new TextEncoder()

type Asked = (port: ObjectPort) => void

export class DurableBinding extends PassiveBinding {
  readonly #services: DurableServices
  readonly #meter: BindingContext['meter']
  readonly #ids = new Map<string, DurableIds>()
  #asked: Asked[] = []

  constructor({ meter, durable }: Pick<BindingContext, 'meter' | 'durable'>) {
    super()
    this.#meter = meter
    this.#services = durable
  }

  /** The functions that the guest calls. */
  readonly imports = {
    makeId: (
      binding: Uint8Array,
      kind: Wit.IdKind,
      given: Uint8Array,
      jurisdiction: Uint8Array,
    ): Uint8Array => {
      this.#meter.crossings++
      const ids = this.#toIds(decoder.decode(binding))
      const where = decoder.decode(jurisdiction)
      if (ids === undefined || !isJurisdiction(where) || given.length > MOST_NAME_BYTES) return NONE
      const text = decoder.decode(given)
      if (kind === 'named') return encoder.encode(ids.named(text, where))
      if (kind === 'unique') return encoder.encode(ids.unique(where))
      return ids.accepts(text, where) ? given : NONE
    },
    block: (source: number): void => this.#ask((port) => port.block(source)),
    unblock: (source: number): void => this.#ask((port) => port.unblock(source)),
    reset: (reason: Uint8Array): void => this.#ask((port) => port.reset(decoder.decode(reason))),
  } satisfies typeof Wit

  override flush(): void {
    const asked = this.#asked
    this.#asked = []
    const { port } = this.#services
    if (port !== undefined) for (const act of asked) act(port)
  }

  #ask(act: Asked): void {
    this.#meter.crossings++
    if (this.#services.port === undefined || this.#asked.length >= MOST_ASKED) this.#meter.ignored++
    else this.#asked.push(act)
  }

  /** Of the namespace behind a member of `env`. */
  #toIds(name: string): DurableIds | undefined {
    const known = this.#ids.get(name)
    if (known !== undefined) return known
    const { env, idsOf } = this.#services
    const member = Object.hasOwn(env, name) ? env[name] : undefined
    if (member?.type !== 'binding' || member.kind !== 'durable') return undefined
    const callee = member.resource?.callee
    const ids = callee === undefined ? undefined : idsOf?.(callee)
    if (ids !== undefined) this.#ids.set(name, ids)
    return ids
  }
}

/** In one turn. */
const MOST_ASKED = 10_000

export const bind = (context: BindingContext): DurableBinding => new DurableBinding(context)
