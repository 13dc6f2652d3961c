/** The secret of ids: the same after a restart, and never replaced where it is broken. */

import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, test } from 'vitest'

import { DurableSecret } from './secret.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-durable-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('is written when it is needed, for its owner alone, and read again', ({ expect }) => {
  const directory = join(folder, 'storage')
  const first = new DurableSecret(directory)
  expect(() => readdirSync(directory)).toThrow('ENOENT')
  first.keep()
  first.keep()
  expect(new DurableSecret(directory).bytes).toEqual(first.bytes)
  expect(readdirSync(directory)).toEqual(['durable.key'])
  expect(statSync(join(directory, 'durable.key')).mode & 0o777).toBe(0o600)
})

test('that is broken keeps the server from starting, and stays as it is', ({ expect }) => {
  writeFileSync(join(folder, 'durable.key'), 'short')
  expect(() => new DurableSecret(folder)).toThrow(/expected 32 bytes, got 5; restore it/)
  expect(readdirSync(folder)).toContain('durable.key')
})
