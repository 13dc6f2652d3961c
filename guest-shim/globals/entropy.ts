/**
 * Random numbers and the clock are the host's, and only an instance has a host: at the top level, whose outcome all
 * instances share, they say so instead of ending the build.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

import { phase, requireLive } from '../turn/phase.ts'

/** Replaces `owner[name]` until the first turn. Who took the function off before goes on through the stand-in. */
function guard<T extends object>(owner: T, name: keyof T & string, label: string): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name)
  const native = descriptor?.value as ((...args: unknown[]) => unknown) | undefined
  if (!descriptor || !native) return () => {}
  const { apply } = Reflect
  const standIn = function (this: unknown, ...args: unknown[]) {
    requireLive(label)
    return apply(native, this, args)
  }
  Object.defineProperty(standIn, 'name', { value: name })
  Object.defineProperty(owner, name, { ...descriptor, value: standIn })
  return () => {
    if (owner[name] === standIn) Object.defineProperty(owner, name, descriptor)
  }
}

/** Returns what puts the engine's own functions back. */
export function guardEntropy(): () => void {
  const restores = [
    guard(Math, 'random', 'Math.random()'),
    guard(Crypto.prototype, 'getRandomValues', 'crypto.getRandomValues()'),
    guard(Crypto.prototype, 'randomUUID', 'crypto.randomUUID()'),
    guardClock(performance, 'now'),
    guardClock(performance, 'timeOrigin'),
    guardClock(Performance.prototype, 'now'),
    guardClock(Performance.prototype, 'timeOrigin'),
  ]
  return () => {
    for (const restore of restores) restore()
  }
}

/** The clock is 0 at the top level: a library that only measures itself there does no harm. */
function guardClock<T extends object>(owner: T, name: keyof T & string): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name)
  const native = descriptor?.get ?? (descriptor?.value as (() => number) | undefined)
  if (!descriptor?.configurable || !native) return () => {}
  const { apply } = Reflect
  const standIn = function (this: unknown): number {
    return phase.isLive ? apply(native, this, []) : 0
  }
  const changed = descriptor.get ? { get: standIn } : { value: standIn }
  Object.defineProperty(owner, name, { ...descriptor, ...changed })
  return () => {
    const now = Object.getOwnPropertyDescriptor(owner, name)
    if (now?.value === standIn || now?.get === standIn) Object.defineProperty(owner, name, descriptor)
  }
}
