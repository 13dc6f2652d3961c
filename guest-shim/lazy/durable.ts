/**
 * Namespaces of Durable Objects, their ids and their stubs, as Cloudflare has them; workerd names the classes so. An id is checked
 * where it is made and where it is used, by the host.
 */

import { CallsHost } from '../bindings/calls.ts'
import { DurableHost, type IdKind } from '../bindings/durable.ts'
import { defineProperty, NativeTypeError } from '../globals/primordials.ts'
import { refuse } from '../globals/structured-clone.ts'
import { finishInterface, isObject, requireArguments, toScalarText } from '../globals/web-idl.ts'
import { openStub } from './fetcher.ts'

let isOwn = false

export class DurableObjectId {
  readonly #text: string
  declare readonly name?: string

  constructor(text: string, name?: string) {
    if (!isOwn) throw new NativeTypeError('Illegal constructor')
    this.#text = text
    if (name !== undefined) defineProperty(this, 'name', { value: name, enumerable: true })
  }

  static isOne(value: unknown): value is DurableObjectId {
    return isObject(value) && #text in value
  }

  toString(): string {
    return this.#text
  }

  equals(other: unknown): boolean {
    return DurableObjectId.isOne(other) && other.#text === this.#text
  }
}

export function openId(text: string, name?: string): DurableObjectId {
  isOwn = true
  try {
    return new DurableObjectId(text, name)
  } finally {
    isOwn = false
  }
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
    return openStub(new CallsHost(this.#host.name, target), id)
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
    const host = new DurableHost(this.#host.name, where)
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

finishInterface(DurableObjectId, 'DurableObjectId')
finishInterface(DurableObjectNamespace, 'DurableObjectNamespace')
refuse([DurableObjectId, DurableObjectNamespace])
