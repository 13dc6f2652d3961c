/** Which imports are left to the bundler, and what the others become. */
import { it } from 'vitest'
import { rejectDynamicImports } from './dynamic-import.ts'
import { applyEdit } from './edit-plugin.ts'

const rewrite = (code: string) => applyEdit(rejectDynamicImports, code, 'a.js')?.toString()

it('leaves what the bundler can resolve', ({ expect }) => {
  for (const code of ['import("./a.js")', 'import(`./a.js`)', 'const important = (x) => x; important(1)']) {
    expect(rewrite(code)).toBeUndefined()
  }
})

it('rejects what is only known at run time, with its name', async ({ expect }) => {
  for (const call of ['import(name)', 'import ( /* x */ `${name}` )', 'import(name, { with: {} })']) {
    const code = rewrite(`(name) => ${call}`)!
    // oxlint-disable-next-line no-eval -- the code is what is tested
    const load = (0, eval)(code) as (name: string) => Promise<unknown>
    await expect(load('left-pad')).rejects.toThrow(/known when the app is built.* left-pad/)
  }
})

it('leaves code that does not parse to the bundler', ({ expect }) => {
  expect(rewrite('import(name')).toBeUndefined()
})
