import { parse } from '@bytecodealliance/jco'
import { describe, expect, test } from 'vitest'

import { NanoError } from '../errors.ts'
import { checkForeign } from './check-component.ts'

const HANDLER =
  '(component $h) (instance $i (instantiate $h)) (export "wasi:http/incoming-handler@0.2.3" (instance $i))'

/** What the check says of a component, as text; undefined: it may pass. */
async function judge(body: string): Promise<string | undefined> {
  const bytes = await parse(`(component ${body})`)
  try {
    checkForeign(bytes)
    return undefined
  } catch (error) {
    expect((error as NanoError).code).toBe('COMPONENT_INVALID')
    return (error as Error).message
  }
}

describe('checkForeign', () => {
  test('a component of wasi:http passes', async () => {
    expect(await judge(HANDLER)).toBeUndefined()
    expect(
      await judge(`(import "wasi:io/poll@0.2.10" (instance
        (export "pollable" (type (sub resource)))
        (export "[method]pollable.ready" (func (param "self" u32) (result bool))))) ${HANDLER}`),
    ).toBeUndefined()
  })

  // what jco writes into code between quotes, in templates, comments and property names
  test.for([
    "a'b",
    'a\\22b',
    'a`b',
    'a\\\\b',
    'a\\nb',
    'a */ b',
    '${a}',
    'a\\u{2028}b',
    'a b',
    '\\00',
    '__proto__',
    'constructor',
  ])('a core module with the name %s in any place is refused', async (name) => {
    for (const module of [
      `(core module (func (export "${name}")))`,
      `(core module (import "${name}" "a" (func)))`,
      `(core module (import "a" "${name}" (func)))`,
      `(core module $m (func (export "f"))) (core instance $i (instantiate $m)) (core instance (export "${name}" (func $i "f")))`,
      `(component (core module (memory (export "${name}") 1)))`,
    ]) {
      expect(await judge(`${module} ${HANDLER}`)).toContain("keep to the component model's grammar")
    }
  })

  /** The bytes of a component in which a name that tools let through is another one of the same length. */
  const rename = async (body: string, from: string, to: string): Promise<Uint8Array> => {
    const bytes = Buffer.from(await parse(`(component ${body} ${HANDLER})`))
    const at = bytes.indexOf(from)
    expect(at).toBeGreaterThan(0)
    bytes.write(to, at)
    expect(Buffer.byteLength(to)).toBe(Buffer.byteLength(from))
    return bytes
  }

  // as jco would write them: between quotes, in templates, as members, as classes, in comments
  test.for([
    '__proto__',
    'prototype',
    "a'+b()+'",
    'a"+b()+"',
    '`;b();`',
    '${b()}',
    'a*/b()/*',
    'a\nb()',
    'a\u2028b',
    'a\0b',
    'a\\b',
    'ünïcöde',
    '.constructor',
    '[method]a',
    'a.b',
    'A-b-_c',
  ])('a component with the name %j in any place is refused', async (name) => {
    const from = 'x'.repeat(Buffer.byteLength(name))
    for (const body of [
      `(import "${from}" (func))`,
      `(import "wasi:io/poll@0.2.0" (instance (export "${from}" (func))))`,
      `(import "wasi:io/poll@0.2.0" (instance (export "${from}" (type (sub resource)))))`,
      `(import "wasi:io/poll@0.2.0" (instance (export "a" (func (param "${from}" u32)))))`,
      `(type (record (field "${from}" u8)))`,
      `(type (variant (case "${from}")))`,
      `(type (enum "${from}"))`,
      `(type (flags "${from}"))`,
      `(component $c) (instance $x (instantiate $c)) (export "${from}" (instance $x))`,
      `(component (component $c) (instance $x (instantiate $c)) (export "${from}" (instance $x)))`,
    ]) {
      const bytes = await rename(body, from, name)
      expect(() => checkForeign(bytes), body).toThrow("keep to the component model's grammar")
    }
  })

  test('what it imports are interfaces of WASI that are known', async () => {
    for (const name of ['wasi:http/evil@0.2.3', 'wasi:keyvalue/store@0.2.0', 'nano:workers/kv@0.2.0', 'f']) {
      const type = name === 'f' ? '(func)' : '(instance)'
      expect(await judge(`(import "${name}" ${type}) ${HANDLER}`)).toContain(`got "${name}"`)
    }
  })

  test('without a handler it is none', async () => {
    expect(await judge('')).toContain('a component without it')
  })

  test('bytes that are no component, wherever one is cut', async () => {
    const whole = await parse(`(component (core module (func (export "f"))) ${HANDLER})`)
    for (let length = 0; length < whole.length; length++) {
      try {
        // what is left of it may be one all the same
        checkForeign(whole.subarray(0, length))
      } catch (error) {
        expect(error).toBeInstanceOf(NanoError)
      }
    }
    expect(() => checkForeign(whole.subarray(0, 40))).toThrow('expected')
    const text = new TextEncoder().encode('(component)')
    expect(() => checkForeign(text)).toThrow('expected')
  })

  test('any byte that is changed is refused or leads to a component that is read to its end', async () => {
    const whole = await parse(
      `(component (type (record (field "a-b" u8))) (core module (func (export "f"))) ${HANDLER})`,
    )
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 0x27, 0x7f, 0xff]) {
        const bytes = whole.slice()
        bytes[at] = value
        try {
          checkForeign(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(NanoError)
        }
      }
    }
  })
})
