/**
 * An app's `env`, of what the host says about each member: strings as they are, JSON parsed, objects made by whoever knows
 * their kind. Every member is a property of its own, whatever it is called. It is filled when an instance begins, or, in an
 * image that was made for one deployment, before the app's top level runs.
 */

import type { Member, Value } from 'nano:workers/events'
import { bindings } from './bindings/registry.ts'
import { defineProperty, hasOwn, parseJson } from './globals/primordials.ts'

export type Env = Record<string, unknown>

/** The one of this instance. */
export const env: Env = {}

const listeners: (() => void)[] = []
let isFilled = false

/** Calls back once `env` has its members. */
export function onEnv(listener: () => void): void {
  if (isFilled) listener()
  else listeners[listeners.length] = listener
}

/** `onError` is told of members that cannot be made; they are left out. */
export function fillEnv(members: readonly Member[], onError: (error: unknown) => void): void {
  for (let i = 0; i < members.length; i++) {
    const { name, value } = members[i] as Member
    try {
      define(env, name, toValue(value, name))
    } catch (error) {
      onError(error)
    }
  }
  isFilled = true
  for (let i = 0; i < listeners.length; i++) {
    try {
      listeners[i]?.()
    } catch (error) {
      onError(error)
    }
  }
}

/** Sets a property of its own, even one with a name that every object has. */
export function define(target: object, name: string, value: unknown): void {
  defineProperty(target, name, { value, writable: true, configurable: true, enumerable: true })
}

function toValue(value: Value, name: string): unknown {
  switch (value.tag) {
    case 'json':
      return parseJson(value.val)
    case 'binding': {
      const { kind, settings } = value.val
      for (let i = 0; i < bindings.length; i++) {
        const kinds = bindings[i]?.kinds
        if (kinds !== undefined && hasOwn(kinds, kind)) return kinds[kind]?.(parseJson(settings), name, env)
      }
      throw new Error(
        `env.${name}: expected a kind of binding that the app was built with, got "${kind}". Build it again with the version of NANO that serves it.`,
      )
    }
    default:
      return value.val
  }
}
