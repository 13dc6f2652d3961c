/** Forms as browsers and curl send them, and bodies that only look like forms. */

import { describe, expect, test } from 'vitest'
import { makeMultipart } from './multipart.ts'
import { parseMimeType } from './mime-type.ts'
import { parseBoundary, parseMultipart } from './multipart-parse.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
/** The boundary that a content type names. */
function toBoundary(type: string): string {
  const mime = parseMimeType(type)
  if (mime === undefined) throw new TypeError('no type')
  return parseBoundary(mime)
}

const text = (data: Uint8Array) => new TextDecoder().decode(data)

test('a field and a file', () => {
  const body =
    'preamble\r\n--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n1\r\n' +
    '--b\r\nContent-Disposition: form-data; name="f"; filename="x%22.txt"\r\nContent-Type: text/plain\r\n\r\nfile!\r\n--b--\r\n'
  const [a, f] = parseMultipart(bytes(body), 'b')
  expect([a?.name, a?.filename, a && text(a.bytes)]).toEqual(['a', undefined, 'v\r\n1'])
  expect([f?.name, f?.filename, f?.type, f && text(f.bytes)]).toEqual(['f', 'x".txt', 'text/plain', 'file!'])
})

test.each<[string, string | undefined, string | undefined]>([
  ['form-data; name=a', 'a', undefined],
  ['FORM-DATA ;NAME=a ; FileName=b.txt', 'a', 'b.txt'],
  ['form-data; filename="b; name=x"; name="a"', 'a', 'b; name=x'],
  ['form-data; name="a\\"b"; filename="c\\\\d"', 'a"b', 'c\\d'],
  ['form-data; name="a"; filename=""', 'a', ''],
  ['form-data; name=""', '', undefined],
  ["form-data; name=a; filename=old; filename*=UTF-8''na%C3%AFve%20file.txt", 'a', 'naïve file.txt'],
  ["form-data; name=a; filename*=iso-8859-1'en'%A3", 'a', '£'],
  ["form-data; name=a; filename=old; filename*=UTF-8''%FF", 'a', 'old'],
  ['form-data; name="ä"; filename="ö.txt"', 'ä', 'ö.txt'],
])('a part with the disposition %s', (disposition, name, filename) => {
  const body = `--b\r\ncontent-disposition: ${disposition}\r\n\r\nx\r\n--b--`
  const [field] = parseMultipart(bytes(body), 'b')
  expect([field?.name, field?.filename]).toEqual([name, filename])
})

test('a file without a type is a text', () => {
  const body = '--b\r\nContent-Disposition: form-data; name=a; filename=f\r\n\r\n\r\n--b--'
  expect(parseMultipart(bytes(body), 'b')[0]?.type).toBe('text/plain')
})

test('a line that begins like the boundary and goes on is content', () => {
  const body =
    '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n--bx\r\n--b \t\r\nContent-Disposition: form-data; name="c"\r\n\r\n\r\n--b--'
  expect(parseMultipart(bytes(body), 'b').map((field) => text(field.bytes))).toEqual(['--bx', ''])
})

test('every byte survives', async () => {
  const all = Uint8Array.from({ length: 1024 }, (_, i) => i)
  const form = new FormData()
  form.append('f', new File([all], 'all.bin'))
  form.append('empty', '')
  const { parts, type } = makeMultipart(form)
  const body = new Uint8Array(await new Blob(parts).arrayBuffer())
  const fields = parseMultipart(body, toBoundary(type))
  expect(fields.map((field) => field.bytes)).toEqual([all, new Uint8Array(0)])
})

test('a boundary inside a value is no boundary unless it begins a line', () => {
  const body = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx--b y\r\n--b--'
  expect(parseMultipart(bytes(body), 'b').map((field) => text(field.bytes))).toEqual(['x--b y'])
})

test.each([
  '',
  'no boundary',
  '--b\r\n',
  '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx',
  '--b\r\nx: y\r\n\r\nz\r\n--b--',
])('refuses %j', (body) => {
  expect(() => parseMultipart(bytes(body), 'b')).toThrow(TypeError)
})

test.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['Multipart/Form-Data; charset=utf-8; boundary="a b"', 'a b'],
  ['multipart/form-data ;charset=x;BOUNDARY=a;boundary=b', 'a'],
])('boundary of %j', (type, boundary) => {
  expect(toBoundary(type)).toBe(boundary)
})

test.each([
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary=""',
  `multipart/form-data; boundary=${'b'.repeat(71)}`,
  'multipart/form-data; boundary="ends with a space "',
  'multipart/form-data; boundary="a\nb"',
  'multipart/form-data; boundary=a"b',
  'multipart/form-data; boundary=ä',
  'multipart/form-data; boundary=a*b',
])('refuses the boundary of %j', (type) => {
  expect(() => toBoundary(type)).toThrow(TypeError)
})

describe('a client chooses the boundary and the body', () => {
  const PART = '\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
  const LONGEST = 'b'.repeat(70)

  test.each<[string, string | ((size: number) => string), (size: number) => string]>([
    ['a boundary half as long as the body', (size) => '-'.repeat(size / 2), (size) => '-'.repeat(size)],
    ['and again and again', (size) => '-'.repeat(size / 2), (size) => `\n${'-'.repeat(size / 4)}`.repeat(4)],
    ['dashes with dashes in it', '-'.repeat(70), (size) => '-'.repeat(size)],
    ['lines that nearly are the boundary', LONGEST, (size) => `\n--${'b'.repeat(69)}`.repeat(size / 72)],
    ['lines that are the boundary and go on', LONGEST, (size) => `\n--${LONGEST}x`.repeat(size / 74)],
    ['a boundary and spaces', 'b', (size) => `\n--b${' '.repeat(size)}`],
    ['many boundaries and spaces', 'b', (size) => '\n--b    x'.repeat(size / 9)],
    ['line feeds', 'b', (size) => '\n'.repeat(size)],
    ['line feeds and dashes', '-', (size) => '\n-'.repeat(size / 2)],
    ['one boundary and no second', LONGEST, (size) => `--${LONGEST}\r\n${'\n--b'.repeat(size / 4)}`],
    ['many small parts', 'b', (size) => `${`--b${PART}1\r\n`.repeat(size / 54)}--b--`],
    ['a part of many header lines', 'b', (size) => `--b\r\n${'a: b\r\n'.repeat(size / 6)}${PART}\r\n--b--`],
  ])('%s: a body twice as long takes twice the steps', (_, boundary, make) => {
    const stepsFor = (size: number) =>
      countSteps(make(size), typeof boundary === 'string' ? boundary : boundary(size))
    expect(stepsFor(40_000) / stepsFor(20_000)).toBeLessThan(2.5)
    expect(stepsFor(40_000)).toBeLessThan(40_000 * 6)
  })

  test.each([
    `form-data${'; name="'.repeat(200_000)}`,
    `form-data;${' '.repeat(1_000_000)}`,
    `form-data; name="${'%0A'.repeat(300_000)}"`,
    `form-data${';'.repeat(1_000_000)}name`,
    `form-data; name="${'x'.repeat(1_000_000)}`,
  ])('headers of a part that never end', (disposition) => {
    const body = bytes(`--b\r\nContent-Disposition: ${disposition}\r\n\r\n\r\n--b--`)
    try {
      expect(parseMultipart(body, 'b')).toHaveLength(1)
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError)
    }
  })

  test.each([
    `multipart/form-data${'; boundary="'.repeat(100_000)}`,
    `multipart/form-data;${' '.repeat(1_000_000)}`,
    `${' '.repeat(1_000_000)}x`,
    `multipart/form-data; boundary=${'b'.repeat(1_000_000)}`,
  ])('content types that never end', (type) => {
    try {
      expect(toBoundary(type)).toHaveLength(1)
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError)
    }
  })
})

/** A line of headers at most: it goes to the decoder, which takes no stand-in. */
const SHORT = 100

/** Bytes that are looked at while this is parsed: one by one, and by the native search. */
function countSteps(body: string, boundary: string): number {
  let steps = 0
  const count = (data: Uint8Array): Uint8Array =>
    new Proxy(data, {
      get(_target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) {
          steps++
          return data[Number(key)]
        }
        if (key === 'indexOf') {
          return (byte: number, from: number) => {
            const found = data.indexOf(byte, from)
            steps += (found < 0 ? data.length : found + 1) - from
            return found
          }
        }
        if (key === 'subarray') {
          return (from: number, to: number) => {
            const part = data.subarray(from, to)
            if (part.length > SHORT) return count(part)
            steps += part.length
            return part
          }
        }
        const value: unknown = Reflect.get(data, key, data)
        return typeof value === 'function' ? value.bind(data) : value
      },
    })
  try {
    parseMultipart(count(bytes(body)), boundary)
  } catch (error) {
    if (!String(error).startsWith('TypeError: formData:')) throw error
  }
  return steps
}
