/** Files that are no component of NANO are refused with words that name the file. What is one is tested in test/. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, it } from 'vitest'

import { openSourceMap } from '../component/source-map.ts'
import type { NanoError } from '../errors.ts'
import { openComponent } from './open-component.ts'
import { readSourceMap } from './read-source-map.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-deploy-'))

const listener = { onBuild() {}, onWarning() {} }

afterAll(() => rmSync(folder, { recursive: true }))

describe('refused files', () => {
  const cases: [label: string, content: Uint8Array | undefined, code: string, words: RegExp][] = [
    ['missing', undefined, 'CONFIG_INVALID', /missing\.wasm: there is no such file/],
    ['empty', new Uint8Array(), 'COMPONENT_INVALID', /empty\.wasm: .*the file is empty/],
    ['text', Buffer.from('(component)'), 'COMPONENT_INVALID', /text\.wasm: .*WebAssembly as text/],
    ['core', Buffer.from('\0asm\x01\0\0\0', 'latin1'), 'COMPONENT_INVALID', /core\.wasm: .*a core module/],
    ['script', Buffer.from('export default {}'), 'COMPONENT_INVALID', /script\.wasm: .*not WebAssembly/],
  ]
  for (const [label, content, code, words] of cases) {
    it(label, async ({ expect }) => {
      const file = join(folder, `${label}.wasm`)
      if (content !== undefined) writeFileSync(file, content)
      const opened = openComponent(file, listener)
      await expect(opened).rejects.toThrow(words)
      await expect(opened).rejects.toThrow(expect.objectContaining({ code }))
    })
  }
})

describe('what is not read', () => {
  const refused = async (name: string, prepare: (file: string) => void) => {
    const file = join(folder, name)
    prepare(file)
    return openComponent(file, listener).then(
      () => 'opened',
      (error: NanoError) => `${error.code} ${error.message}`,
    )
  }

  it.for([65, 1024])('a file of %d MiB, by its size alone', async (mebibytes, { expect }) => {
    const before = process.memoryUsage.rss()
    const text = await refused(`large-${mebibytes}.wasm`, (file) => {
      writeFileSync(file, '')
      truncateSync(file, mebibytes * 1024 * 1024)
    })
    expect(text).toMatch(/^COMPONENT_INVALID .*the file has \d+ bytes; at most 67108864 are admitted/)
    expect(process.memoryUsage.rss() - before).toBeLessThan(48 * 1024 * 1024)
  })

  it('a directory, a pipe, a link to nowhere, a link to itself', async ({ expect }) => {
    expect(await refused('directory.wasm', (file) => mkdirSync(file))).toMatch(
      /CONFIG_INVALID .*not a regular/,
    )
    expect(await refused('pipe.wasm', (file) => execFileSync('/usr/bin/mkfifo', [file]))).toMatch(
      /CONFIG_INVALID .*not a/,
    )
    expect(await refused('lost.wasm', (file) => symlinkSync('nowhere.wasm', file))).toMatch(/no such file/)
    expect(await refused('loop.wasm', (file) => symlinkSync(file, file))).toMatch(/cannot be read \(ELOOP\)/)
  })

  it('a link is as good as the file', async ({ expect }) => {
    writeFileSync(join(folder, 'target'), '(component)')
    expect(await refused('link.wasm', (file) => symlinkSync('target', file))).toMatch(/WebAssembly as text/)
  })
})

describe('source maps', () => {
  const path = join(folder, 'some.wasm.map')
  const read = (content: string | object) => {
    const told: string[] = []
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return { map: readSourceMap(path, (text) => told.push(text)), told }
  }
  const good = { version: 3, mappings: 'AAAA', sources: ['a.ts'] }

  it('come without what stacks do not need', ({ expect }) => {
    const { map, told } = read({ ...good, sourcesContent: ['x'.repeat(1000)], sourceRoot: '/' })
    expect(JSON.parse(map!)).toEqual({ ...good, names: [] })
    expect(told).toEqual([])
    expect(openSourceMap(map).find(1, 1)).toEqual({ source: 'a.ts', line: 1, column: 1 })
  })

  it.for([
    ['text', 'no map', 'is not JSON'],
    ['null', 'null', 'is not an object'],
    ['another version', { ...good, version: 2 }, 'plain map of version 3'],
    ['a map of maps', { version: 3, sections: [] }, 'plain map of version 3'],
    ['mappings that are no text', { ...good, mappings: [] }, 'plain map of version 3'],
    ['lines of nothing', { ...good, mappings: ';'.repeat(2_000_000) }, 'has too many lines'],
    ['endless mappings', { ...good, mappings: 'A'.repeat(5_000_000) }, 'is too large'],
    ['countless sources', { ...good, sources: Array.from({ length: 20_000 }, () => 'a') }, 'is too large'],
  ] as const)('%s: none, and a warning', ([, content, text], { expect }) => {
    const { map, told } = read(content)
    expect(map).toBeUndefined()
    expect(told).toEqual([expect.stringContaining(text)])
  })

  it('huge ones are not read', ({ expect }) => {
    const told: string[] = []
    writeFileSync(path, '')
    truncateSync(path, 1024 ** 3)
    expect(readSourceMap(path, (text) => told.push(text))).toBeUndefined()
    expect(told).toEqual([expect.stringMatching(/1073741824 bytes; at most/)])
  })

  it('nonsense in a map maps nothing, and long names are cut', ({ expect }) => {
    const { map } = read({
      ...good,
      mappings: '!!;\u0000;AAAAAAAAAA',
      sources: [5, null, 'x'.repeat(10_000)],
    })
    expect(JSON.parse(map!)).toMatchObject({ sources: ['', '', 'x'.repeat(500)] })
    expect(openSourceMap(map).symbolicate('at app.js:1:1\nat app.js:99999999999:3')).toContain(
      'app.js:99999999999:3',
    )
  })

  it('a missing one is no reason for words', ({ expect }) => {
    const told: string[] = []
    expect(readSourceMap(join(folder, 'nothing.map'), (text) => told.push(text))).toBeUndefined()
    expect(told).toEqual([])
  })
})
