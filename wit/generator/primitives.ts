/** What WIT's primitive types are in memory, as arguments of a core function, and in JavaScript. */

export type Core = 'i32' | 'i64' | 'f32' | 'f64'

export interface Primitive {
  /** In memory; what takes more lies elsewhere, and this is where and how much. */
  readonly bytes: number
  readonly align: number
  readonly core: readonly Core[]
  readonly script: 'boolean' | 'number' | 'bigint' | 'string'
  /** The class of a list of them, if it has one of its own. */
  readonly array?: string
  /** The function of `GuestWriter` that writes it. */
  readonly write: string
  /** An expression: what a core argument is at the width of its type. */
  readonly narrow: (value: string) => string
}

const one = (bytes: number, core: Core, parts: Pick<Primitive, 'script' | 'array' | 'write' | 'narrow'>) => ({
  bytes,
  align: bytes,
  core: [core],
  ...parts,
})
const number = (bytes: number, array: string, write: string, narrow: Primitive['narrow']): Primitive =>
  one(bytes, 'i32', { script: 'number', array, write, narrow })
const asIs: Primitive['narrow'] = (value) => value

/** By name. */
export const PRIMITIVES: ReadonlyMap<string, Primitive> = new Map(
  Object.entries<Primitive>({
    bool: one(1, 'i32', { script: 'boolean', write: 'bool', narrow: (value) => `${value} !== 0` }),
    u8: number(1, 'Uint8Array', 'u8', (value) => `${value} & 0xff`),
    u16: number(2, 'Uint16Array', 'u16', (value) => `${value} & 0xffff`),
    u32: number(4, 'Uint32Array', 'u32', (value) => `${value} >>> 0`),
    s8: number(1, 'Int8Array', 'u8', (value) => `(${value} << 24) >> 24`),
    s16: number(2, 'Int16Array', 'u16', (value) => `(${value} << 16) >> 16`),
    s32: number(4, 'Int32Array', 'u32', (value) => `${value} | 0`),
    u64: one(8, 'i64', {
      script: 'bigint',
      array: 'BigUint64Array',
      write: 'u64',
      narrow: (value) => `BigInt.asUintN(64, ${value})`,
    }),
    s64: one(8, 'i64', { script: 'bigint', array: 'BigInt64Array', write: 'u64', narrow: asIs }),
    f32: one(4, 'f32', { script: 'number', array: 'Float32Array', write: 'f32', narrow: asIs }),
    f64: one(8, 'f64', { script: 'number', array: 'Float64Array', write: 'f64', narrow: asIs }),
    char: one(4, 'i32', { script: 'string', write: 'char', narrow: (value) => `from.char(${value})` }),
    string: {
      bytes: 8,
      align: 4,
      core: ['i32', 'i32'],
      script: 'string',
      write: 'string',
      narrow: (place) => `from.string(${place})`,
    },
  }),
)
