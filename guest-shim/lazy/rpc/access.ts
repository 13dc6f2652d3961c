/**
 * What of an object another guest may reach. Of a class that is passed by reference: methods and getters that it declares, and
 * nothing of the instance, so that what is private stays so. Of plain objects and of functions: their own members.
 */

import { NativeTypeError } from '../../globals/primordials.ts'
import { hookOf } from './hook.ts'

/** What marks the classes of `cloudflare:workers`: guest-modules/cloudflare/workers.ts. */
const TARGET = Symbol.for('nano:rpc-target')
const ENTRYPOINT = Symbol.for('nano:entrypoint')
const DURABLE = Symbol.for('nano:durable')

/** No name of a method anywhere, and of a class that the host calls besides. */
const RESERVED: ReadonlySet<string> = new Set(['constructor', 'dup'])
const OF_HOST: ReadonlySet<string> = new Set([
  'alarm',
  'connect',
  'fetch',
  'webSocketClose',
  'webSocketError',
  'webSocketMessage',
])
/** Of a function. */
const OF_FUNCTIONS: ReadonlySet<string> = new Set(['arguments', 'caller', 'prototype'])

const { apply, getOwnPropertyDescriptor, getPrototypeOf } = Reflect
const { hasOwn } = Object

const has = (value: object, mark: symbol): boolean => mark in value

/** Whether it is passed by reference. */
export function isTarget(value: object): boolean {
  return has(value, TARGET)
}

/** Whether its class is one of Durable Objects. */
export function isDurable(value: object): boolean {
  return has(value, DURABLE)
}

/** What comes of a call of a member, or of reading it. */
export async function invoke(
  root: unknown,
  path: readonly string[],
  args: readonly unknown[] | undefined,
): Promise<unknown> {
  let self: unknown
  let value = root
  for (let i = 0; i < path.length; i++) {
    // oxlint-disable-next-line no-await-in-loop -- one leads to the next
    const next = i === 0 ? value : await value
    const hook = hookOf(next)
    if (hook !== undefined) return await hook.invoke(path.slice(i), args)
    self = next
    value = member(next, path[i]!)
  }
  if (args === undefined) return await value
  const hook = hookOf(value)
  if (hook !== undefined) return await hook.invoke([], args)
  if (typeof value !== 'function') throw notThere(path.at(-1), 'is not a function')
  return await (apply(value, self, args) as unknown)
}

/** Throws for one that there is not. */
function member(owner: unknown, name: string): unknown {
  if (RESERVED.has(name) || owner === null || owner === undefined) throw notThere(name)
  if (typeof owner === 'function') {
    if (OF_FUNCTIONS.has(name) || !hasOwn(owner, name)) throw notThere(name)
    return (owner as unknown as Record<string, unknown>)[name]
  }
  if (typeof owner !== 'object') throw notThere(name)
  const isOfHost = has(owner, ENTRYPOINT) || isDurable(owner)
  if (isOfHost && OF_HOST.has(name))
    throw new NativeTypeError(`'${name}' is a reserved method and cannot be called over RPC.`)
  if (isOfHost || isTarget(owner)) return declared(owner, name)
  if (!hasOwn(owner, name)) throw notThere(name)
  return (owner as Record<string, unknown>)[name]
}

/** What a class of the app declares. */
function declared(owner: object, name: string): unknown {
  for (let of = getPrototypeOf(owner); of !== null && of !== Object.prototype; of = getPrototypeOf(of)) {
    const found = getOwnPropertyDescriptor(of, name)
    if (found === undefined) continue
    return found.get === undefined ? found.value : apply(found.get, owner, [])
  }
  throw notThere(name)
}

function notThere(name = '', why?: string): TypeError {
  return new NativeTypeError(
    why === undefined
      ? `The RPC receiver does not implement the method "${name}".`
      : `The RPC receiver's member "${name}" ${why}.`,
  )
}
