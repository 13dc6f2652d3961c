import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { findFolder, findWrangler, hasWrangler, toAppFolder } from './find.ts'

let base: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'nano-find-'))
})
afterEach(() => rmSync(base, { recursive: true }))

const at = (path: string): string => join(base, path)

function write(path: string, content: object): string {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), JSON.stringify(content))
  return at(path)
}

const redirect = (configPath: unknown, folder = 'site') =>
  write(`${folder}/.wrangler/deploy/config.json`, { configPath, auxiliaryWorkers: [] })

test('what was built counts, and belongs to the folder of the project', () => {
  const written = write('site/wrangler.jsonc', { main: 'src/worker.ts' })
  const built = write('site/dist/server/wrangler.json', { main: 'index.js' })
  expect([findWrangler(at('site')), toAppFolder(written)]).toEqual([written, at('site')])
  expect(toAppFolder(built)).toBe(at('site/dist/server'))
  redirect('../../dist/server/wrangler.json')
  expect([findWrangler(at('site')), toAppFolder(built)]).toEqual([built, at('site')])
  // the folder of the output says the same
  expect(findWrangler(at('site/dist/server'))).toBe(built)
})

test('a project needs no file of its own, and is found from below', () => {
  const built = write('site/dist/wrangler.json', {})
  mkdirSync(at('site/src/pages'), { recursive: true })
  expect([hasWrangler(at('site')), findFolder(at('site/src/pages'), base)]).toEqual([false, undefined])
  redirect('../../dist/wrangler.json')
  expect([hasWrangler(at('site')), findFolder(at('site/src/pages'), base)]).toEqual([true, at('site')])
  expect(findFolder(at('site/src/pages'), at('site/src'))).toBeUndefined()
  expect(findWrangler(at('site'))).toBe(built)
})

test('the output of another project is none of this one', () => {
  const own = write('site/parts/other/wrangler.json', {})
  write('site/dist/wrangler.json', {})
  redirect('../../dist/wrangler.json')
  expect(toAppFolder(own)).toBe(at('site/parts/other'))
})

test('a redirect that leads nowhere, or out of the folder, is an error with its place', () => {
  write('site/wrangler.json', {})
  write('secret/wrangler.json', {})
  const opened = () => findWrangler(at('site'))
  redirect('../../dist/wrangler.json')
  expect(opened).toThrow(
    /config\.json:1:\d+: configPath: expected a file that is there, got .*dist\/wrangler/,
  )
  redirect('../../../secret/wrangler.json')
  expect(opened).toThrow(/expected a file in the folder of the app, got .*secret\/wrangler\.json; build/)
  redirect(at('secret/wrangler.json'))
  expect(opened).toThrow('expected a file in the folder of the app')
  symlinkSync(at('secret'), at('site/dist'))
  redirect('../../dist/wrangler.json')
  expect(opened).toThrow('expected a file in the folder of the app')
  redirect(7)
  expect(opened).toThrow('expected the wrangler file of a build, got 7')
  writeFileSync(at('site/.wrangler/deploy/config.json'), '{')
  expect(opened).toThrow(/deploy\/config\.json:1:2/)
})
