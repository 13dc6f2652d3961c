/**
 * The globals that a module defines. A snapshot writes the values that they have after initialisation back as their
 * initial values; whatever it does not touch keeps the bytes that it had.
 */
import { readExports, withExports } from './exports.ts'
import { countImports } from './imports.ts'
import { MalformedWasm, Reader } from './reader.ts'
import { findSection, replaceSection, SECTION, type Section } from './sections.ts'
import { Writer } from './writer.ts'

/** Value types that a number can initialise, by their byte in the format. */
const NUMERIC = { 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64' } as const

export type NumericType = (typeof NUMERIC)[keyof typeof NUMERIC]

export interface Global {
  /** The value type's byte. */
  readonly type: number
  readonly mutable: boolean
  /** The constant expression, `end` included. */
  readonly init: Uint8Array
}

/** The globals of section 6 in order; the first has the index `countImports(sections, 'global')`. */
export function readGlobals(sections: readonly Section[]): Global[] {
  const payload = findSection(sections, SECTION.global)
  if (payload === undefined) return []
  const reader = new Reader(payload)
  return Array.from({ length: reader.count() }, () => {
    const type = reader.u8()
    const mutable = reader.u8()
    if (mutable > 1) reader.fail(`global with mutability ${mutable}`)
    return { type, mutable: mutable === 1, init: reader.constant() }
  })
}

/** The module with exactly these globals. */
export function withGlobals(sections: readonly Section[], globals: readonly Global[]): Section[] {
  const writer = new Writer().u32(globals.length)
  for (const { type, mutable, init } of globals) writer.u8(type).u8(Number(mutable)).append(init)
  return replaceSection(sections, SECTION.global, writer.finish())
}

/** The numeric type of a global, or undefined for vectors and references. */
export function toNumericType(global: Global): NumericType | undefined {
  return NUMERIC[global.type as keyof typeof NUMERIC]
}

/** A global of numeric type with another initial value, as `WebAssembly.Global.value` gives it. */
export function withValue(global: Global, value: number | bigint): Global {
  return { ...global, init: toConstant(toNumericType(global), value) }
}

function toConstant(type: NumericType | undefined, value: number | bigint): Uint8Array {
  const writer = new Writer()
  if (type === 'i32')
    return writer
      .u8(0x41)
      .signed(Number(value) | 0)
      .u8(0x0b)
      .finish()
  if (type === 'i64')
    return writer
      .u8(0x42)
      .signed(BigInt.asIntN(64, BigInt(value)))
      .u8(0x0b)
      .finish()
  if (type === undefined) throw new TypeError('only a global of a numeric type can be given a value')
  const view = new DataView(new ArrayBuffer(type === 'f32' ? 4 : 8))
  if (type === 'f32') view.setFloat32(0, Number(value), true)
  else view.setFloat64(0, Number(value), true)
  return writer
    .u8(type === 'f32' ? 0x43 : 0x44)
    .append(new Uint8Array(view.buffer))
    .u8(0x0b)
    .finish()
}

/** How the globals are named that `exportGlobals` exports; behind it, by index. */
export const GLOBAL_EXPORT = 'nano:global:'

/** The module with its mutable globals readable and writable from outside. */
export function exportGlobals(sections: readonly Section[]): Section[] {
  const imported = countImports(sections, 'global')
  const added = readGlobals(sections).flatMap((global, index) => {
    if (!global.mutable) return []
    if (toNumericType(global) === undefined) {
      throw new MalformedWasm(`global ${index} cannot be read from outside`, 0)
    }
    return [{ name: `${GLOBAL_EXPORT}${index}`, kind: 'global' as const, index: imported + index }]
  })
  return added.length === 0 ? [...sections] : withExports(sections, [...readExports(sections), ...added])
}
