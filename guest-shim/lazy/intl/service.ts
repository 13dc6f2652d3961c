/**
 * What the classes of `Intl` have in common: locales and options that the host has resolved, and questions to it. Objects
 * with the same locales and options share what is known of them.
 */

import { askHost } from '../../bindings/language.ts'
import type { Bytes } from '../../globals/buffer-source.ts'
import {
  defineProperty,
  encode,
  makeTable,
  NativeTypeError,
  ownKeys,
  toJson,
} from '../../globals/primordials.ts'
import { type OptionTable, type Options, readOptions, toLocaleList } from './locales.ts'

type Method = Parameters<typeof askHost>[0]

/** What is known of a class, its locales and its options. */
export class Expert {
  readonly #definition: Bytes
  readonly resolved: Options

  constructor(definition: string) {
    this.#definition = encode(definition)
    this.resolved = askHost('describe', [], this.#definition) as Options
  }

  ask(method: Method, ...args: readonly unknown[]): unknown {
    return askHost(method, args, this.#definition)
  }
}

/** So many are kept. */
const MOST_EXPERTS = 100
let experts = makeTable<string, Expert>()

/** Throws what is wrong with the locales or the options. */
export function findExpert(kind: string, locales: readonly string[], options: Options): Expert {
  const definition = toJson([kind, locales, options])
  const found = experts.get(definition)
  if (found !== undefined) return found
  if (experts.size >= MOST_EXPERTS) experts = makeTable()
  const made = new Expert(definition)
  experts.set(definition, made)
  return made
}

/** How a class is called, and what it reads. */
export interface Shape {
  readonly kind: string
  readonly options: OptionTable
  /** Whether `new` may be left out, and options may be other than objects. */
  readonly isLax: boolean
}

export type Members = object & ThisType<object>

/** A class whose objects have an expert. */
export interface Service {
  // oxlint-disable-next-line typescript/no-explicit-any -- what apps call
  readonly constructor: any
  readonly expertOf: (object: unknown) => Expert
}

export function makeService(
  { kind, options: table, isLax }: Shape,
  makeMembers: (expertOf: (object: unknown) => Expert) => Members,
): Service {
  const own = new WeakMap<object, Expert>()
  const expertOf = (object: unknown): Expert => {
    const expert = own.get(object as object)
    if (expert === undefined) throw new NativeTypeError(`expected an Intl.${kind}`)
    return expert
  }
  const constructor = function (this: unknown, ...[locales, options]: unknown[]): object {
    if (new.target === undefined && !isLax) throw new NativeTypeError(`Intl.${kind} needs "new"`)
    const made = Reflect.construct(Object, [], new.target ?? constructor) as object
    own.set(made, findExpert(kind, toLocaleList(locales), readOptions(options, table, !isLax)))
    return made
  }
  defineProperty(constructor, 'prototype', { writable: false })
  const statics = {
    supportedLocalesOf(locales: unknown, ...[options]: unknown[]): unknown {
      const read = readOptions(options, table.slice(0, 1), false)
      return askHost('supported-locales', [], encode(toJson([kind, toLocaleList(locales), read])))
    },
  }
  const members = {
    resolvedOptions(): object {
      return { ...expertOf(this).resolved }
    },
  }
  finish(constructor, kind, statics, members, makeMembers(expertOf))
  return { constructor, expertOf }
}

/** Puts members in place, which nobody sees by enumerating. */
export function finish(
  constructor: { readonly prototype: object },
  name: string,
  statics: object,
  ...members: readonly object[]
): void {
  defineProperty(constructor, 'name', { value: name, configurable: true })
  copyMembers(statics, constructor)
  for (let i = 0; i < members.length; i++) copyMembers(members[i] as object, constructor.prototype)
  defineProperty(constructor.prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true })
}

export function copyMembers(from: object, to: object): void {
  const names = ownKeys(from)
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    defineProperty(to, name, {
      ...Object.getOwnPropertyDescriptor(from, name),
      enumerable: false,
    })
  }
}

/** A getter that gives each object one function of its own. */
export function bindOnce<F extends (...args: never[]) => unknown>(
  make: (object: object) => F,
): (object: object) => F {
  const bound = new WeakMap<object, F>()
  return (object) => {
    let found = bound.get(object)
    if (found === undefined) bound.set(object, (found = make(object)))
    return found
  }
}

/** What formats single things and ranges of them. `toInput`: what the host is asked about. `what`: two of them, in words. */
export function formatMembers(
  expertOf: (object: unknown) => Expert,
  toInput: (value: unknown) => unknown,
  what: string,
): Members {
  const boundFormat = bindOnce((object) => {
    const expert = expertOf(object)
    return (value: unknown) => expert.ask('format', toInput(value))
  })
  const toRange = (from: unknown, to: unknown): [unknown, unknown] => {
    if (from === undefined || to === undefined) throw new NativeTypeError(`expected two ${what}`)
    return [toInput(from), toInput(to)]
  }
  return {
    get format() {
      return boundFormat(this)
    },
    formatToParts(value: unknown): unknown {
      return expertOf(this).ask('format-to-parts', toInput(value))
    },
    formatRange(from: unknown, to: unknown): unknown {
      return expertOf(this).ask('format-range', ...toRange(from, to))
    },
    formatRangeToParts(from: unknown, to: unknown): unknown {
      return expertOf(this).ask('format-range-to-parts', ...toRange(from, to))
    },
  }
}
