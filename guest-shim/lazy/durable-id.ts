/** Ids of Durable Objects. What an app has of them is made here, and checked by the host. */

import { defineProperty, NativeTypeError } from '../globals/primordials.ts'
import { refuse } from '../globals/structured-clone.ts'
import { finishInterface, isObject } from '../globals/web-idl.ts'

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

finishInterface(DurableObjectId, 'DurableObjectId')
refuse([DurableObjectId])
