/** What calls of `getBuiltinModule` become. */
import { it } from 'vitest'
import { requireBuiltins } from './builtin-module.ts'
import { applyEdits } from './edit-plugin.ts'

const rewrite = async (code: string) => {
  const edit = requireBuiltins((name) => name.startsWith('node:'))
  const finds = async (name: string) => name !== 'node:gone'
  return (await applyEdits([edit], code, { id: 'a.js', finds }))?.toString()
}

it('are the bundler’s, whoever is asked', async ({ expect }) => {
  for (const [before, after] of [
    ['process.getBuiltinModule("node:fs").a', 'require("node:fs").a'],
    ['globalThis.process?.getBuiltinModule?.(`node:fs`)?.a', 'require("node:fs")?.a'],
    [
      'const { getBuiltinModule } = process; const p = getBuiltinModule("node:process")',
      'const { getBuiltinModule } = process; const p = require("node:process")',
    ],
    [
      'f(process.getBuiltinModule(process.getBuiltinModule("node:a").b))',
      'f(process.getBuiltinModule(require("node:a").b))',
    ],
  ] as const) {
    expect(await rewrite(before)).toBe(after)
  }
})

it('are left where there is nothing to require', async ({ expect }) => {
  for (const code of [
    'process.getBuiltinModule(name)',
    'process.getBuiltinModule("fs-extra")',
    'process.getBuiltinModule("node:gone")',
    'process["getBuiltinModule"]("node:fs")',
    'getBuiltinModule("node:fs", 1)',
  ]) {
    expect(await rewrite(code)).toBeUndefined()
  }
})
