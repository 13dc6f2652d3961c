import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { openFiles } from './files.ts'

interface Directory {
  openAt(path: object, name: string, open: object, flags: object): Directory
  read(length: bigint, offset: bigint): [Uint8Array, boolean]
  write(bytes: Uint8Array, offset: bigint): bigint
  renameAt(from: string, target: Directory, to: string): void
  unlinkFileAt(name: string): void
  createDirectoryAt(name: string): void
  readDirectory(): { readDirectoryEntry(): { name: string } | undefined }
}

describe('files of a component from elsewhere', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nano-files-')))
  let directories: Record<string, Directory>

  beforeAll(() => {
    for (const name of ['seen', 'seen/below', 'own', 'hidden']) mkdirSync(join(folder, name))
    writeFileSync(join(folder, 'seen/a.txt'), 'inside')
    writeFileSync(join(folder, 'hidden/b.txt'), 'outside')
    symlinkSync('../hidden', join(folder, 'seen/out'))
    symlinkSync('a.txt', join(folder, 'seen/in'))
    const { filesystemPreopens } = openFiles([
      { guest: '/seen', host: join(folder, 'seen'), writable: false },
      { guest: '/own', host: join(folder, 'own'), writable: true },
    ])
    const opened = (filesystemPreopens as { getDirectories(): [Directory, string][] }).getDirectories()
    directories = Object.fromEntries(opened.map(([directory, name]) => [name, directory]))
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  const read = (name: string) =>
    Buffer.from(
      directories['/seen']!.openAt({ symlinkFollow: true }, name, {}, { read: true }).read(100n, 0n)[0],
    ).toString()

  test('what lies below is read, by whatever path leads there', () => {
    for (const name of ['a.txt', './a.txt', './/a.txt', 'in']) expect(read(name)).toBe('inside')
  })

  test.for([
    '../hidden/b.txt',
    'below/../../hidden/b.txt',
    '/etc/passwd',
    'out/b.txt',
    'out',
    'a.txt\0',
    '..',
  ])('nothing is reached by %s', (name) => {
    expect(() => read(name)).toThrow(/not-permitted/)
  })

  test('a directory that may not be written is not', () => {
    const seen = directories['/seen']!
    const open = (open: object, flags: object) => seen.openAt({}, 'new.txt', open, flags)
    expect(() => open({ create: true }, { write: true })).toThrow('read-only')
    for (const change of [
      () => seen.unlinkFileAt('a.txt'),
      () => seen.createDirectoryAt('x'),
      () => seen.renameAt('a.txt', directories['/own']!, 'a.txt'),
    ]) {
      expect(change).toThrow('read-only')
    }
  })

  test('one that may be is, and listed', () => {
    const own = directories['/own']!
    own.openAt({}, 'c.txt', { create: true }, { write: true }).write(Buffer.from('text'), 0n)
    own.createDirectoryAt('d')
    const entries = own.readDirectory()
    const names = Array.from({ length: 3 }, () => entries.readDirectoryEntry()?.name)
    expect(names.toSorted((a = '~', b = '~') => a.localeCompare(b))).toEqual(['c.txt', 'd', undefined])
  })
})
