/** Where the data of a server is, there is one server. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { test } from 'vitest'

import { Stores } from './stores.ts'

test('says who has the files, once, and opens them when they are free', async ({ expect }) => {
  const directory = mkdtempSync(join(tmpdir(), 'nano-stores-'))
  const said: string[] = []
  await using two = new Stores({ directory, settings: {}, log: (text) => said.push(text) })
  {
    await using one = new Stores({ directory, settings: {}, log: (text) => said.push(text) })
    await one.open('kv')
    const taken = { code: 'STORAGE_UNAVAILABLE', message: 'another process has the storage of this server' }
    await expect(two.open('kv')).rejects.toMatchObject(taken)
    await expect(two.open('kv')).rejects.toMatchObject(taken)
  }
  await two.open('kv')
  expect(said).toEqual([expect.stringContaining(`${directory}: another process has the storage`)])
  rmSync(directory, { recursive: true })
})
