/** Which imports are left to the bundler, and what the others become. */
import { it } from 'vitest'
import { rejectAbsentImports } from './absent-import.ts'
import { applyEdits } from './edit-plugin.ts'

const THERE = new Set(['./a.js', 'there'])

async function rewrite(code: string) {
  const warnings: string[] = []
  const edit = rejectAbsentImports(
    (id, { line, column }, name) => warnings.push(`${id}:${line}:${column} ${name}`),
    (_id, [first]) => new Map(first === './a' ? [['./a', './a.js']] : []),
  )
  const edited = await applyEdits([edit], code, { id: 'a.js', finds: async (name) => THERE.has(name) })
  return { code: edited?.toString(), warnings }
}

/** The value of an expression. */
// oxlint-disable-next-line no-eval -- the code is what is tested
const evaluate = (code: string): unknown => (0, eval)(code)

it('gives a name of a pattern the module that it means', async ({ expect }) => {
  const { code, warnings } = await rewrite('import(`./a${x}`)')
  expect(code).toMatch(/^\(\(name\) => name === ".\/a" \? import\("\.\/a\.js"\) : /)
  expect(warnings).toEqual([])
  const failure = await (evaluate(`const x = 'b'; ${code}`) as Promise<unknown>).catch(
    (error: unknown) => error,
  )
  expect((failure as Error).message).toContain('./ab')
})

it('takes comments away that tell a bundler to leave an import alone', async ({ expect }) => {
  for (const code of [
    'import(/* @vite-ignore */ "there")',
    'import( /* webpackIgnore: true */\n // not now\n "there")',
  ]) {
    expect((await rewrite(code)).code).toBe('import("there")')
  }
})

it('leaves what the bundler can resolve', async ({ expect }) => {
  for (const code of [
    'import("./a.js")',
    'import(`./a.js`)',
    'const important = (x) => x; important(1)',
    'try { require("there") } catch {}',
  ]) {
    expect((await rewrite(code)).code).toBeUndefined()
  }
})

it('rejects what is only known at run time, with its name', async ({ expect }) => {
  for (const call of ['import(name)', 'import ( /* x */ `${name}` )', 'import(name, { with: {} })']) {
    const { code, warnings } = await rewrite(`(name) => ${call}`)
    const load = evaluate(code!) as (name: string) => Promise<unknown>
    await expect(load('left-pad')).rejects.toThrow(/known when the app is built.* left-pad/)
    expect(warnings).toEqual([])
  }
})

it('rejects what is absent, and says where', async ({ expect }) => {
  for (const call of [
    "import('absent')",
    'import(`absent`)',
    "import('absent', { with: { type: 'json' } })",
  ]) {
    const { code, warnings } = await rewrite(`() =>\n  ${call}`)
    const load = evaluate(code!) as () => Promise<unknown>
    const rejected = expect.objectContaining({
      code: 'ERR_MODULE_NOT_FOUND',
      message: expect.stringMatching(/absent$/),
    })
    await expect(load()).rejects.toThrow(rejected)
    expect(warnings).toEqual(['a.js:2:10 absent'])
  }
})

it('throws for a package that is required, and says where; not for a file of the module', async ({
  expect,
}) => {
  for (const call of [
    'function load() { return require("absent") }',
    'const load = () => require("absent")',
  ]) {
    const { code, warnings } = await rewrite(call)
    const load = evaluate(`${code!}; load`) as () => unknown
    expect(load).toThrow(expect.objectContaining({ code: 'MODULE_NOT_FOUND' }))
    expect(warnings).toEqual([`a.js:1:${call.indexOf('"') + 1} absent`])
  }
  for (const left of [
    '() => require("./absent")',
    '() => require("there")',
    '(require) => require("absent")',
  ])
    expect((await rewrite(left)).code, left).toBeUndefined()
})

it('throws for a require that is tried, and for no other', async ({ expect }) => {
  const { code } = await rewrite('(() => { try { return require("absent") } catch (e) { return e } })()')
  expect(evaluate(code!)).toMatchObject({
    code: 'MODULE_NOT_FOUND',
    message: "Cannot find module 'absent': it was not there when the app was built",
  })
  for (const left of [
    'require("./absent"); try {} catch {}',
    'try {} catch { require("./absent") }',
    'try {} finally { require("./absent") }',
    'try { require("./absent") } finally {}',
    'try { (() => require("./absent"))() } catch {}',
    'try { require(name) } catch {}',
    '((require) => { try { require("./absent") } catch {} })()',
    'const require = createRequire(); try { require("./absent") } catch {}',
  ]) {
    expect((await rewrite(left)).code, left).toBeUndefined()
  }
})

it('leaves code that does not parse to the bundler', async ({ expect }) => {
  expect((await rewrite('import(name')).code).toBeUndefined()
})
