/** A form's bytes are read back as the same form. */

import { expect, test } from 'vitest'
import { makeMultipart } from './multipart.ts'

test('a form and back', async () => {
  const form = new FormData()
  form.append('a', 'one\ntwo')
  form.append('quote"d', 'x')
  form.append('file', new File(['bytes'], 'n"a.txt', { type: 'text/plain' }))
  const { parts, type } = makeMultipart(form)
  const back = await new Response(new Blob(parts), {
    headers: { 'content-type': type },
  }).formData()
  expect(back.get('a')).toBe('one\r\ntwo')
  const file = back.get('file') as File
  expect(file.type).toBe('text/plain')
  expect(await file.text()).toBe('bytes')
})

test('an empty form is its last boundary', () => {
  const { parts, type } = makeMultipart(new FormData())
  const boundary = type.split('boundary=')[1]
  expect(parts.map((part) => new TextDecoder().decode(part as Uint8Array))).toEqual([`--${boundary}--\r\n`])
})
