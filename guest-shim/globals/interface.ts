/**
 * Classes as Web IDL wants interfaces to look: members that can be listed, `Symbol.toStringTag`, the name. A bundler may
 * rename a class that is called like a global.
 */

import { defineProperty } from './primordials.ts'

export function toInterface(type: { readonly prototype: object }, name: string): void {
  defineProperty(type, 'name', { value: name, configurable: true })
  const { prototype } = type
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (key !== 'constructor') defineProperty(prototype, key, { ...descriptor, enumerable: true })
  }
  defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true })
}
