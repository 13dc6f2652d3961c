/**
 * A short way to what most literals do: `{ name: value }` is made with all of its properties, and each of them is then defined,
 * with what it has already but for its value. The engine compares its flags one by one, and changes it to what it is.
 *
 *     a plain object, enumerable > nobody watches it > the name among its last eight > as it is to be, in the object itself
 *     > the engine's own function sets it, with what its collector has to hear of                       else: as before
 *
 *     object    0: shape       16: values, 8 bytes each
 *     shape     0: base        4: 0 to 3 names in the map's last part, 6 to 10 values in the object    9: watched    16: map
 *     base      0: class
 *     map       0: flags       4: names    36: what they have, 2 bytes each, or 44: 4 bytes    (flags, and from 8 on which value)
 *
 * Nothing is changed here, and nothing is made: whatever is not as expected is left to the engine.
 */
import { Writer } from '../../wasm/writer.ts'

/** `PlainObject::class_`. */
const PLAIN_OBJECT = 2_215_568
/** Of what a property is to have: the least, and all that a literal asks for. */
const ENUMERABLE = 1
/** A property has these flags if it is plain: it can be changed in all ways, is enumerable, and has a value. */
const PLAIN = 7
const WATCHED = 200
const MAP_HAS_TABLE = 64
const MAP_IS_COMPACT = 8
const MOST_NAMES = 8

const SHAPE = { base: 0, counts: 4, watched: 9, map: 16 } as const
const MAP = { names: 4, compact: 36, wide: 44 } as const

const I32 = 0x7f
const EMPTY = 0x40
const OP = {
  block: 0x02,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  call: 0x10,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  load: 0x28,
  load8: 0x2d,
  load16: 0x2f,
  constant: 0x41,
  isZero: 0x45,
  equal: 0x46,
  differ: 0x47,
  notBelow: 0x4f,
  add: 0x6a,
  and: 0x71,
  shiftLeft: 0x74,
  shiftRight: 0x76,
} as const

/** What is added: an object, its shape, the shape's map, a place in that, how many names there are, and what the property has. */
export const LOCALS = { count: 6, type: I32 } as const

/** Parameters: context, handles of the object, of the name and of the value; what the property is to have. */
const [OBJECT, NAME, VALUE, ATTRIBUTES] = [1, 2, 3, 4]

/**
 * What `js::DefineDataProperty` begins with. `firstLocal`: of those that are added; `setFixedSlot`: the number of
 * `js::NativeObject::setFixedSlot`.
 */
export function toShortWay(firstLocal: number, setFixedSlot: number): Uint8Array {
  const [object, shape, map, at, names, has] = Array.from(
    { length: LOCALS.count },
    (_, i) => firstLocal + i,
  ) as [number, number, number, number, number, number]
  const code = new Writer()
  const op = (opcode: number, ...operands: number[]): Writer => {
    code.u8(opcode)
    for (const operand of operands) code.u32(operand)
    return code
  }
  const constant = (value: number): Writer => code.u8(OP.constant).signed(value)
  const load = (local: number, offset: number): Writer => op(OP.get, local) && op(OP.load, 2, offset)
  const flags = (local: number, offset: number, mask: number): void => {
    op(OP.get, local)
    op(OP.load8, 0, offset)
    constant(mask)
    op(OP.and)
  }
  /** A part of a word. */
  const bits = (local: number, offset: number, from: number, mask: number): void => {
    load(local, offset)
    constant(from)
    op(OP.shiftRight)
    constant(mask)
    op(OP.and)
  }
  /** The address of an entry of the map, at a place before it. */
  const entry = (power: number): void => {
    op(OP.get, map)
    op(OP.get, at)
    constant(power)
    op(OP.shiftLeft)
    op(OP.add)
  }

  op(OP.block, EMPTY)
  op(OP.get, ATTRIBUTES)
  constant(ENUMERABLE)
  op(OP.differ)
  op(OP.brIf, 0)
  load(OBJECT, 0)
  op(OP.tee, object)
  op(OP.load, 2, 0)
  op(OP.tee, shape)
  op(OP.load, 2, SHAPE.base)
  op(OP.load, 2, 0)
  constant(PLAIN_OBJECT)
  op(OP.differ)
  op(OP.brIf, 0)
  flags(shape, SHAPE.watched, WATCHED)
  op(OP.brIf, 0)
  load(shape, SHAPE.map)
  op(OP.set, map)
  bits(shape, SHAPE.counts, 0, 15)
  op(OP.tee, names)
  op(OP.isZero)
  op(OP.brIf, 0)
  flags(map, 0, MAP_HAS_TABLE)
  op(OP.brIf, 0)

  op(OP.block, EMPTY)
  for (let i = 0; i < MOST_NAMES; i++) {
    constant(i)
    op(OP.set, at)
    load(map, MAP.names + 4 * i)
    load(NAME, 0)
    op(OP.equal)
    op(OP.brIf, 0)
    op(OP.get, names)
    constant(i + 1)
    op(OP.equal)
    op(OP.brIf, 1)
  }
  op(OP.br, 1)
  op(OP.end)

  flags(map, 0, MAP_IS_COMPACT)
  op(OP.if, I32)
  entry(1)
  op(OP.load16, 1, MAP.compact)
  op(OP.else)
  entry(2)
  op(OP.load, 2, MAP.wide)
  op(OP.end)
  op(OP.tee, has)
  constant(255)
  op(OP.and)
  constant(PLAIN)
  op(OP.differ)
  op(OP.brIf, 0)
  op(OP.get, has)
  constant(8)
  op(OP.shiftRight)
  op(OP.tee, has)
  bits(shape, SHAPE.counts, 6, 31)
  op(OP.notBelow)
  op(OP.brIf, 0)
  for (const local of [object, has, VALUE]) op(OP.get, local)
  op(OP.call, setFixedSlot)
  constant(1)
  op(OP.return)
  op(OP.end)
  return code.finish()
}
