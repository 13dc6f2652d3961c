/** Whatever `structuredClone` copies is the same when it comes out of bytes, and what it refuses is refused. */
import { isDeepStrictEqual } from 'node:util'
import {
  anything,
  array,
  assert,
  bigInt,
  constantFrom,
  date,
  letrec,
  oneof,
  property,
  record,
  string,
  uint8Array,
} from 'fast-check'
import { describe, it } from 'vitest'
import { addKinds } from '../globals/clone-kinds.ts'
import { structuredClone } from '../globals/structured-clone.ts'
import { deserialize, serialize } from './serialize.ts'

addKinds()

const through = <T>(value: T): T => deserialize(serialize(value)) as T

const { value: nested } = letrec((tie) => ({
  value: oneof(
    { maxDepth: 4 },
    anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
    }),
    record({ $: tie('value'), other: tie('value') }, { requiredKeys: [] }),
    array(tie('value')),
    date(),
    bigInt(),
    uint8Array(),
    string({ unit: 'binary' }),
    constantFrom(-0, NaN, Infinity, undefined, '\ud800', '\ufeff', /a+/giu, Object(1n), new Boolean(false)),
  ),
}))

describe('what was serialized', () => {
  it('is what structuredClone gives', ({ expect }) => {
    assert(
      property(nested, (value) => {
        expect(isDeepStrictEqual(through(value), structuredClone(value))).toBe(true)
      }),
    )
  })

  it('keeps circles, and what is there twice is there once', ({ expect }) => {
    const shared = { list: [1] }
    const value: Record<string, unknown> = { shared, again: shared, $: shared }
    value['self'] = value
    value['map'] = new Map<unknown, unknown>([[value, new Set([shared])]])
    const buffer = new ArrayBuffer(8, { maxByteLength: 16 })
    value['views'] = [new Uint8Array(buffer, 1, 2), new DataView(buffer, 4)]
    const copy = through(value)
    expect(copy).toEqual(value)
    expect(copy['self']).toBe(copy)
    expect(copy['again']).toBe(copy['shared'])
    const [bytes, view] = copy['views'] as [Uint8Array, DataView]
    expect([view.buffer === bytes.buffer, (bytes.buffer as ArrayBuffer).maxByteLength]).toEqual([true, 16])
  })

  it('keeps errors with their kind, stack and cause, none of them to be enumerated', ({ expect }) => {
    const error = new RangeError('too far', { cause: new Error('inner') })
    const copy = through(error)
    expect(copy).toBeInstanceOf(RangeError)
    expect([copy.message, copy.stack, Object.keys(copy)]).toEqual([error.message, error.stack, []])
    expect((copy.cause as Error).message).toBe('inner')
    expect(through(new AggregateError([1, undefined])).errors).toEqual([1, undefined])
    const exception = through(new DOMException('gone', 'AbortError'))
    expect([exception instanceof DOMException, exception.name, exception.message]).toEqual([
      true,
      'AbortError',
      'gone',
    ])
  })

  it('has no prototype that was given as a property', ({ expect }) => {
    const copy = through(JSON.parse('{"__proto__": {"bad": 1}, "a": -1}') as Record<string, unknown>)
    expect([Object.getPrototypeOf(copy) === Object.prototype, copy['bad'], Object.keys(copy)]).toEqual([
      true,
      undefined,
      ['__proto__', 'a'],
    ])
  })

  it('is refused where structuredClone refuses', ({ expect }) => {
    for (const value of [() => 1, { symbol: Symbol('s') }, [new Blob(['x'])]])
      expect(() => serialize(value)).toThrow(expect.objectContaining({ name: 'DataCloneError' }))
  })

  it('can be described by whoever knows better', ({ expect }) => {
    const run = (): number => 1
    const bytes = serialize({ run, list: [run], date: new Date(1) }, (value) =>
      value === run ? ['function', 7] : undefined,
    )
    const stub = { stub: 7 }
    expect(deserialize(bytes, (said) => (expect(said).toEqual(['function', 7]), stub))).toEqual({
      run: stub,
      list: [stub],
      date: new Date(1),
    })
  })

  it('is not made of other bytes', ({ expect }) => {
    expect(() => deserialize(new Uint8Array([9, 1, 2]))).toThrow('expected a value that was serialized')
    expect(() => deserialize(new Uint8Array(0))).toThrow('expected a value that was serialized')
    const cut = serialize(new Uint8Array(1000)).slice(0, -1)
    expect(() => deserialize(cut)).toThrow('expected the bytes of each buffer')
  })
})
