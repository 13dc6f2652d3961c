/** What is typed at a prompt, as code, and run here as a guest would. */

import { describe, test } from 'vitest'

import { toScript, Unfinished } from './script.ts'

/** What a line comes to, after those before it. */
async function evaluate(...lines: readonly string[]): Promise<unknown> {
  let last: { value?: unknown } | undefined
  for (const line of lines) {
    // oxlint-disable-next-line no-eval -- what is under test
    const run = (0, eval)(toScript(line, 'line')) as () => Promise<typeof last>
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    last = await run()
  }
  return last?.value
}

const CASES: [lines: string[], value: unknown][] = [
  [['1 + 1'], 2],
  [['1; 2'], 2],
  [['{ a: 1 }'], { a: 1 }],
  [['{ let x = 1; x }'], undefined],
  [['await Promise.resolve(3)'], 3],
  [['"a" // said'], 'a'],
  [['let n1 = 1', 'n1 += 1', 'n1'], 2],
  [['let n2 = 1; function inc() { n2++ }', 'inc(); inc()', 'n2'], 3],
  [
    ['const { a1, b1: [c1 = 5, ...d1], ...e1 } = { a1: 1, b1: [, 2, 3], f: 4 }', '[a1, c1, d1, e1]'],
    [1, 5, [2, 3], { f: 4 }],
  ],
  [
    ['let f1, g1 = 2', '[f1, g1]'],
    [undefined, 2],
  ],
  [['let h1 = 1', 'let h1 = 2', 'h1'], 2],
  [['class A1 { x = 1 }', 'new A1().x'], 1],
  [['let i1 = 1\nlet j1 = 2\n', 'i1 + j1'], 3],
  [['let k1 = 1', 'for (const k1 of [2]) ;', 'k1'], 1],
  [['const l1 = async () => 4', 'await l1()'], 4],
  [[''], undefined],
]

test.for(CASES)('%j', async ([lines, value], { expect }) => {
  expect(await evaluate(...lines)).toEqual(value)
})

describe('what is not whole', () => {
  test.for([
    'f(',
    'a +',
    '[1,',
    'if (x)',
    'x = {',
    '`a',
    '/* a',
    'function f() {',
    '() =>',
    '`a${',
    'class A {',
  ])('%s', (text, { expect }) => {
    expect(() => toScript(`${text}\n`, 'line')).toThrow(Unfinished)
  })

  test.for(['a b', ')', 'const a', '"a', 'import a from "a"', 'export {}', 'return 1'])(
    'but not %s',
    (text, { expect }) => {
      expect(() => toScript(text, 'line')).toThrow(expect.objectContaining({ code: 'BUILD_FAILED' }))
      expect(() => toScript(text, 'line')).not.toThrow(Unfinished)
    },
  )
})
