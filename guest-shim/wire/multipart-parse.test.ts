/** Forms as browsers and curl send them, and bodies that only look like forms. */

import { expect, test } from 'vitest'
import { makeMultipart } from './multipart.ts'
import { parseBoundary, parseMultipart } from './multipart-parse.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (data: Uint8Array) => new TextDecoder().decode(data)

test('a field and a file', () => {
  const body =
    'preamble\r\n--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n1\r\n' +
    '--b\r\nContent-Disposition: form-data; name="f"; filename="x%22.txt"\r\nContent-Type: text/plain\r\n\r\nfile!\r\n--b--\r\n'
  const [a, f] = parseMultipart(bytes(body), 'b')
  expect([a?.name, a?.filename, a && text(a.bytes)]).toEqual(['a', undefined, 'v\r\n1'])
  expect([f?.name, f?.filename, f?.type, f && text(f.bytes)]).toEqual(['f', 'x".txt', 'text/plain', 'file!'])
})

test('every byte survives', async () => {
  const all = Uint8Array.from({ length: 1024 }, (_, i) => i)
  const form = new FormData()
  form.append('f', new File([all], 'all.bin'))
  form.append('empty', '')
  const { parts, type } = makeMultipart(form)
  const body = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer())
  const fields = parseMultipart(body, parseBoundary(type) ?? '')
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
  ['application/json; boundary=x', undefined],
  ['multipart/form-data', undefined],
])('boundary of %j', (type, boundary) => {
  expect(parseBoundary(type)).toBe(boundary)
})
