import { transformSync } from 'rolldown/utils'
import { describe, it } from 'vitest'

import { applyEdits } from './edit-plugin.ts'
import { markAsync } from './mark-async.ts'

const HELPER = '"@oxc-project/runtime/helpers/asyncToGenerator"'

async function lower(code: string, isOwn: boolean): Promise<string> {
  const { code: lowered } = transformSync('a.js', code, { lang: 'js', target: 'es2016' })
  const named = lowered
    .replace(`require(${HELPER})`, 'require("/helper").default')
    .replace(HELPER, '"/helper"')
  const edits = [markAsync('/helper', () => isOwn)]
  const edited = await applyEdits(edits, named, { id: '/app/a.js', finds: async () => false })
  return (edited?.toString() ?? named).replaceAll(/\s+/g, ' ')
}

describe('marks of async functions', () => {
  it('come before whatever is beside a declaration', async ({ expect }) => {
    const code = 'import b from "b"\nexport async function f() { await b }\nb(f)'
    expect(await lower(code, true)).toContain('; _asyncToGenerator.mark(f); export function f()')
    expect(await lower(code, false)).not.toContain('.mark(')
    const nested = 'export const g = () => { "use x"; return f; async function f() {} }'
    expect(await lower(nested, false)).toContain('"use x"; _asyncToGenerator.mark(f); return f;')
  })

  it('come behind the helpers of CommonJS', async ({ expect }) => {
    const code =
      '"use strict"\nexports.f = f\nasync function f(all) { for await (const each of all) await each }'
    expect(await lower(code, false)).toMatch(
      /require\("[^"]+"\)(?:\.default)?; _asyncToGenerator\.mark\(f\); exports\.f = f;/,
    )
  })

  it('are around an expression', async ({ expect }) => {
    expect(await lower('x(async (a) => { await a })', false)).toContain(
      'return _asyncToGenerator.mark(function(_x) { return _ref.apply(this, arguments); });',
    )
  })

  it('are not on what only looks like one', async ({ expect }) => {
    const code =
      'export function f() { return g.apply(this, arguments) }\nconst g = () => {}\nx(async () => {})'
    expect(await lower(code, true)).not.toContain('mark(f')
  })
})
