/**
 * Namespaces of Durable Objects and their stubs, as Cloudflare has them; workerd names the classes so. An id is checked where it
 * is made and where it is used, by the host.
 */

import { CallsHost, openService } from '../bindings/calls.ts'
import type { DurableHost, IdKind } from '../bindings/durable.ts'
import { defineProperty, NativeDOMException, NativeError, NativeTypeError } from '../globals/primordials.ts'
import { refuse } from '../globals/structured-clone.ts'
import { finishInterface, requireArguments, toScalarText } from '../globals/web-idl.ts'
import { DurableObjectId, openId } from './durable-id.ts'

/** The calls of one object. */
class ObjectHost extends CallsHost {
  override async fetch(...call: Parameters<CallsHost['fetch']>): ReturnType<CallsHost['fetch']> {
    try {
      return await super.fetch(...call)
    } catch (error) {
      throw explain(error)
    }
  }
}

const NONE: readonly string[] = []
/** By the host's code: what Workers say of such an error. */
const TRAITS: Readonly<Record<string, readonly string[]>> = {
  '': ['remote'],
  APP_BUSY: ['overloaded'],
  APP_BACKED_OFF: ['overloaded'],
  APP_REPLACED: ['retryable', 'durableObjectReset'],
  SHUTTING_DOWN: ['retryable', 'durableObjectReset'],
  OBJECT_UNREACHABLE: ['retryable'],
  OBJECT_RESET: ['remote', 'durableObjectReset'],
  APP_MEMORY_LIMIT: ['remote', 'durableObjectReset'],
  APP_CPU_LIMIT: ['remote', 'durableObjectReset'],
}

/** What the host said of a call that failed, with what Workers say of it. */
function explain(error: unknown): unknown {
  // what could not be passed was never there
  if (!(error instanceof NativeError) || error instanceof NativeDOMException) return error
  const { code = '' } = error as { code?: string }
  const traits = TRAITS[code] ?? NONE
  for (let i = 0; i < traits.length; i++) {
    defineProperty(error, traits[i] as string, {
      value: true,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return error
}

interface JurisdictionGiven {
  readonly jurisdiction?: unknown
}

const WHERE = 'expected one of "eu", "fedramp", "fedramp-high", "us"'

export class DurableObjectNamespace {
  readonly #host: DurableHost

  constructor(host: DurableHost) {
    this.#host = host
  }

  newUniqueId(options: JurisdictionGiven | undefined = undefined): DurableObjectId {
    const given = options?.jurisdiction
    const host = given === undefined || given === null ? this.#host : this.#within(given)
    return openId(make(host, 'unique', ''))
  }

  idFromName(name: unknown): DurableObjectId {
    requireArguments(arguments.length, 1, 'DurableObjectNamespace.idFromName')
    const text = toScalarText(name)
    const id = this.#host.makeId('named', text)
    if (id === '') throw new NativeTypeError('expected a name of at most 8192 bytes')
    return openId(id, text)
  }

  idFromString(id: unknown): DurableObjectId {
    requireArguments(arguments.length, 1, 'DurableObjectNamespace.idFromString')
    return openId(this.#check(toScalarText(id)))
  }

  /** `options`: where to begin the object; here there is one place. */
  get(id: unknown, _options?: unknown): object {
    if (!DurableObjectId.isOne(id)) {
      throw new NativeTypeError(
        'expected a DurableObjectId, as idFromName, idFromString and newUniqueId make them',
      )
    }
    this.#check(id.toString())
    const target = id.name === undefined ? id.toString() : `${id.toString()}\n${id.name}`
    return openService(new ObjectHost(this.#host.name, target), { id, name: id.name }, explain)
  }

  /** As `get`: an object is there as soon as it is called. */
  getExisting(id: unknown, options?: unknown): object {
    return this.get(id, options)
  }

  getByName(name: unknown, options?: unknown): object {
    return this.get(this.idFromName(name), options)
  }

  jurisdiction(given: unknown): DurableObjectNamespace {
    return new DurableObjectNamespace(this.#within(given))
  }

  #within(given: unknown): DurableHost {
    const where = toScalarText(given)
    const host = this.#host.within(where)
    if (where === '' || host.makeId('named', '') === '') throw new NativeTypeError(`${WHERE}, got "${where}"`)
    return host
  }

  #check(id: string): string {
    if (this.#host.makeId('parsed', id) !== '') return id
    throw new NativeTypeError(
      'expected an id of this namespace: 64 hex digits that idFromName or newUniqueId of the same class have given',
    )
  }
}

function make(host: DurableHost, kind: IdKind, given: string): string {
  const id = host.makeId(kind, given)
  if (id === '') throw new NativeTypeError(`env.${host.name}: no app of this server has the class`)
  return id
}

finishInterface(DurableObjectNamespace, 'DurableObjectNamespace')
refuse([DurableObjectNamespace])

export { openState } from './durable-state.ts'
