/** `env` as an app sees it: each member is what the configuration says that it is. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { afterAll, beforeAll, test } from 'vitest'

import type { Env } from '../../host/config/env.ts'
import { LoneApp } from '../harness/lone-app.ts'
import { ROOT } from '../harness/serve.ts'

const CPU_MS = 5000

const json = (value: unknown) => ({ type: 'json' as const, value: JSON.stringify(value) })
const VALUES = {
  NUMBER: 12.5,
  NOTHING: null,
  YES: true,
  NO: false,
  LIST: [1, 'two', null, [3]],
  DEEP: { a: { b: ['c'] }, ['ü ☃']: '\u0000' },
  DIGITS: '007',
}
const ENV: Env = {
  ...Object.fromEntries(Object.entries(VALUES).map(([name, value]) => [name, json(value)])),
  TEXT: { type: 'text', value: '{"not": "parsed"}' },
  EMPTY: { type: 'text', value: '' },
  SECRET: { type: 'secret', value: 'sesame' },
}
const SEEN = { ...VALUES, TEXT: '{"not": "parsed"}', EMPTY: '', SECRET: 'sesame' }

const folder = mkdtempSync(join(tmpdir(), 'nano-env-'))
const opened: LoneApp[] = []
let app: LoneApp

async function open(path: string, env: Env): Promise<LoneApp> {
  const lone = await LoneApp.open(resolve(ROOT, path), CPU_MS, env)
  opened.push(lone)
  return lone
}

async function show(from: LoneApp, path: string): Promise<unknown> {
  const { text, code } = await from.ask(path)
  return text === undefined ? code : JSON.parse(text)
}

beforeAll(async () => {
  app = await open('test/fixtures/env.ts', ENV)
})

afterAll(() => {
  for (const each of opened) each[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

test('strings, secrets and any JSON value are what they are', async ({ expect }) => {
  expect(await show(app, '/')).toEqual(SEEN)
  expect(await show(app, '/types')).toMatchObject({
    NUMBER: 'number',
    NOTHING: 'null',
    YES: 'boolean',
    LIST: 'object',
    DIGITS: 'string',
    TEXT: 'string',
    SECRET: 'string',
  })
})

test('each instance has its own', async ({ expect }) => {
  expect(await show(app, '/change')).toMatchObject({ LIST: [...VALUES.LIST, 1], DEEP: { a: 1 } })
  expect(await show(app, '/')).toEqual(SEEN)
})

test('a member is a property of its own, whatever it is called', async ({ expect }) => {
  const names = ['__proto__', 'constructor', 'toString', '', 'a b', 'then']
  const env = Object.fromEntries(names.map((name) => [name, json({ polluted: name })]))
  const odd = await open('test/fixtures/env.ts', env)
  expect(await show(odd, '/names')).toEqual(names.toSorted())
  expect(await show(odd, '/prototype')).toEqual({
    own: { polluted: '__proto__' },
    isPlain: true,
    constructor: { polluted: 'constructor' },
    isClean: true,
  })
})

test('an app of the older style has them as globals', async ({ expect }) => {
  const file = join(folder, 'classic.js')
  writeFileSync(
    file,
    `addEventListener('fetch', (event) => event.respondWith(Response.json({ NUMBER, NOTHING, LIST, DEEP, SECRET, EMPTY })))`,
  )
  const { NUMBER, NOTHING, LIST, DEEP, SECRET, EMPTY } = SEEN
  expect(await show(await open(file, ENV), '/')).toEqual({ NUMBER, NOTHING, LIST, DEEP, SECRET, EMPTY })
})

test('a binding of a kind that nobody knows is reported by name, and the others are there', async ({
  expect,
}) => {
  for (const kind of ['telepathy', 'constructor']) {
    const env: Env = { BOX: { type: 'binding', kind, settings: '{}' }, TEXT: { type: 'text', value: 'here' } }
    const lone = await open('test/fixtures/env.ts', env)
    expect(await show(lone, '/')).toEqual({ TEXT: 'here' })
    expect(lone.reports).toEqual([
      expect.stringMatching(
        new RegExp(
          `^\\[Error: env\\.BOX: expected a kind of binding that .* got "${kind}"\\. Build it again`,
        ),
      ),
    ])
  }
})

test('many members, and large ones', async ({ expect }) => {
  const values = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`N${i}`, i]))
  const env = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, json(value)]))
  const large = 'x'.repeat(1_000_000)
  const lone = await open('test/fixtures/env.ts', { ...env, LARGE: { type: 'text', value: large } })
  expect(await show(lone, '/')).toEqual({ ...values, LARGE: large })
})
