/** What calls of a function that `createRequire` made become. */
import { it } from 'vitest'
import { followCreatedRequire } from './created-require.ts'
import { applyEdits } from './edit-plugin.ts'

const rewrite = async (code: string) => {
  const finds = async (name: string) => name === 'there'
  return (await applyEdits([followCreatedRequire], code, { id: 'a.js', finds }))?.toString()
}

it('leaves the bundler what is there, under any name', async ({ expect }) => {
  for (const [before, after] of [
    [
      'import { createRequire } from "module"; const require = createRequire(import.meta.url); require("there")(require("gone"))',
      'import { createRequire } from "module"; const require$created = createRequire(import.meta.url); require("there")(require$created("gone"))',
    ],
    [
      'import { createRequire as c } from "node:module"; const load = c("/"); load("there"); load("gone"); load(x)',
      'import { createRequire as c } from "node:module"; const load = c("/"); require("there"); load("gone"); load(x)',
    ],
    [
      'import m from "node:module"; const require = m.createRequire("/"); f(() => require("there"))',
      'import m from "node:module"; const require$created = m.createRequire("/"); f(() => require("there"))',
    ],
  ] as const) {
    expect(await rewrite(before)).toBe(after)
  }
})

it('leaves what may be another function', async ({ expect }) => {
  for (const code of [
    'const createRequire = (x) => x; const r = createRequire("a"); r("there")',
    'import { createRequire } from "module"; const require = createRequire("/"); f((require) => require("there"))',
    'import { createRequire } from "module"; const r = createRequire("/"); function require() {} r("there")',
  ]) {
    expect(await rewrite(code)).toBeUndefined()
  }
})
