/** What an expression is rewritten to matches what V8 says of the one that was given. */
import { test } from 'vitest'
import { PatternRewriter, rewrite, type Pattern } from './pattern.ts'

const CHARACTERS = [...Array(0x300).keys(), 0x1f600, 0x2603, 0x4e00, 0x10400].map((code) =>
  String.fromCodePoint(code),
)

const PATTERNS = [
  String.raw`[\p{L}\:\=\&\-\[]`,
  String.raw`[^\$\._\p{Alpha}\p{Nd}]`,
  String.raw`[\p{Lu}[0-9][\@\~[x]]]`,
  String.raw`[^[a-f]\p{Nd}]`,
  String.raw`[\p{L}--[a-z]]`,
  String.raw`[\p{L}&&[a-z\=]]`,
  String.raw`[\q{ab|cd}x]`,
  String.raw`\P{L}`,
  String.raw`^\p{RGI_Emoji}$`,
  '[[]]',
  'a|(b){2}/',
]

const accepts = ({ source, flags }: Pattern): string => {
  const expression = new RegExp(source, flags)
  return CHARACTERS.filter((character) => expression.test(character)).join('')
}

test('an expression with v', ({ expect }) => {
  const rewriter = new PatternRewriter()
  for (const source of PATTERNS) {
    for (const flags of ['v', 'iv', 'dv']) {
      for (const made of [rewrite({ source, flags }), rewriter.rewrite({ source, flags })]) {
        expect(made.flags, source).not.toContain('v')
        expect(made.source).not.toMatch(/\\[pPq]\{/)
        expect(accepts(made), `${source} ${flags}`).toBe(accepts({ source, flags }))
      }
    }
  }
})

test('a class that is turned round twice', ({ expect }) => {
  const pattern = { source: String.raw`[^[^\p{Ll}]]`, flags: 'v' }
  expect(accepts(rewrite(pattern))).toBe(accepts(pattern))
})

test('what V8 refuses is refused', ({ expect }) => {
  for (const source of ['[(]', '[!!]', '[a--]', String.raw`[\p{No}-z]`]) {
    expect(() => new RegExp(source, 'v'), source).toThrow(SyntaxError)
    expect(() => rewrite({ source, flags: 'v' }), source).toThrow()
  }
})

test('a grammar of many properties is small enough', ({ expect }) => {
  const source = String.raw`(?<=^a|[^\$\._\p{Alpha}\p{Nd}]b|[\&\|])`.repeat(10)
  expect(new PatternRewriter().rewrite({ source, flags: 'dgv' }).flags).toBe('dgu')
})
