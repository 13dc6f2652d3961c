/**
 * Where the canonical ABI of the component model puts values: in memory, with every part at its natural alignment, and
 * flat, as arguments of a core function.
 *
 *     record    its fields in order
 *     variant   case as u8 (u16 beyond 256 cases), then the payload at the alignment of the widest
 *     option    a variant of nothing and something     enum   the case alone
 *     string, list   u32 address, u32 length
 */
import { PRIMITIVES, type Core } from './primitives.ts'
import type { Type } from './resolve.ts'

export interface Layout {
  readonly size: number
  readonly align: number
}

const POINTER: Layout = { size: 8, align: 4 }

/** A value in memory. */
export function toLayout(type: Type): Layout {
  switch (type.kind) {
    case 'primitive': {
      const { bytes, align } = PRIMITIVES.get(type.name)!
      return { size: bytes, align }
    }
    case 'list':
      return POINTER
    case 'record':
      return toFieldLayout(type.fields.map((field) => field.type))
    case 'enum': {
      const bytes = toTagBytes(type.cases.length)
      return { size: bytes, align: bytes }
    }
    default: {
      const parts = toPayloads(type).flatMap((payload) => (payload === undefined ? [] : [toLayout(payload)]))
      const align = Math.max(toTagBytes(toPayloads(type).length), ...parts.map((part) => part.align))
      const size = toPayloadOffset(type) + Math.max(0, ...parts.map((part) => part.size))
      return { size: alignTo(size, align), align }
    }
  }
}

/** Where fields begin, one behind the other. */
export function toOffsets(types: readonly Type[]): number[] {
  let end = 0
  return types.map((type) => {
    const { size, align } = toLayout(type)
    const at = alignTo(end, align)
    end = at + size
    return at
  })
}

/** Bytes that say which of so many cases a value is. */
export function toTagBytes(cases: number): 1 | 2 {
  return cases <= 256 ? 1 : 2
}

/** Where the payload of a variant or an option begins. */
export function toPayloadOffset(type: Extract<Type, { kind: 'variant' | 'option' }>): number {
  const payloads = toPayloads(type)
  const aligns = payloads.map((payload) => (payload === undefined ? 1 : toLayout(payload).align))
  return alignTo(toTagBytes(payloads.length), Math.max(1, ...aligns))
}

/** By case; an option's first case is nothing. */
export function toPayloads(type: Extract<Type, { kind: 'variant' | 'option' }>): (Type | undefined)[] {
  return type.kind === 'option' ? [undefined, type.of] : type.cases.map((each) => each.type)
}

/** A value as arguments; undefined when cases of a variant differ in more than how many they take. */
export function toFlat(type: Type): Core[] | undefined {
  switch (type.kind) {
    case 'primitive':
      return [...PRIMITIVES.get(type.name)!.core]
    case 'list':
      return ['i32', 'i32']
    case 'enum':
      return ['i32']
    case 'record': {
      const parts = type.fields.map((field) => toFlat(field.type))
      return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? [])
    }
    default: {
      const joined: Core[] = []
      for (const payload of toPayloads(type)) {
        const flat = payload === undefined ? [] : toFlat(payload)
        if (flat === undefined || flat.some((core, i) => (joined[i] ?? core) !== core)) return undefined
        for (const [i, core] of flat.entries()) joined[i] = core
      }
      return ['i32', ...joined]
    }
  }
}

function toFieldLayout(types: readonly Type[]): Layout {
  const align = Math.max(1, ...types.map((type) => toLayout(type).align))
  const last = types.at(-1)
  const end = last === undefined ? 0 : toOffsets(types).at(-1)! + toLayout(last).size
  return { size: alignTo(end, align), align }
}

function alignTo(at: number, align: number): number {
  return Math.ceil(at / align) * align
}
