/** Questions as a hostile guest may ask them. */
import { describe, test } from 'vitest'
import { Language, type Method } from './language.ts'

const encoder = new TextEncoder()

function ask(method: Method, expert: unknown, input: unknown, language = new Language()): unknown {
  const toBytes = (value: unknown) =>
    encoder.encode(typeof value === 'string' ? value : JSON.stringify(value))
  return JSON.parse(new TextDecoder().decode(language.ask(method, toBytes(expert), toBytes(input))))
}

describe('a question', () => {
  test.for<[what: string, method: Method, expert: unknown, input: unknown]>([
    ['no JSON', 'format', '{', '['],
    ['no list', 'format', '{}', 'null'],
    ['a class that there is not', 'describe', ['constructor', [], {}], []],
    ['an inherited class', 'describe', ['__proto__', [], {}], []],
    ['a class of the language', 'describe', ['Function', ['return process'], {}], []],
    ['locales that are no texts', 'describe', ['NumberFormat', [{ length: 3 }], {}], []],
    ['what its class cannot', 'select', ['NumberFormat', ['de'], {}], ['1']],
    ['an object for a text', 'segment', ['Segmenter', ['de'], {}], [{ length: 1e9 }]],
    ['an object for a number', 'format', ['NumberFormat', ['de'], {}], [{}]],
    ['too many digits', 'format', ['NumberFormat', ['de'], {}], ['9'.repeat(10_001)]],
    ['too many items', 'format', ['ListFormat', ['de'], {}], [Array(10_001).fill('a')]],
    ['too long a text to segment', 'segment', ['Segmenter', ['th'], {}], ['a'.repeat(16_385)]],
    ['marks to compare', 'compare', ['Collator', ['de'], {}], ['a', '\u0315\u0300'.repeat(5000)]],
    ['too many properties', 'rewrite', [], [String.raw`[\p{L}--a]`.repeat(9), 'v']],
    ['too deep a pattern', 'rewrite', [], [`${'(?:'.repeat(20_000)}[\\p{L}--a]`, 'v']],
    ['arguments beyond the bound', 'normalize', [], ['a'.repeat(1024 * 1024), 'NFC']],
  ])('%s ends in an error of the app', ([, method, expert, input], { expect }) => {
    const [name, message] = ask(method, expert, input) as [string, string]
    expect(name).toMatch(/^(RangeError|SyntaxError|TypeError)$/)
    expect(message).toBeTypeOf('string')
  })

  test('has no options but those of its class, and only plain values', ({ expect }) => {
    const [{ style, currency }] = ask(
      'describe',
      '["NumberFormat",["de"],{"__proto__":{"style":"percent"},"currency":{"toString":1},"style":"percent"}]',
      [],
    ) as [Intl.ResolvedNumberFormatOptions]
    expect([style, currency]).toEqual(['percent', undefined])
  })

  test('leaves no more behind than may be kept, and the one that was not asked for longest goes first', ({
    expect,
  }) => {
    const counts: number[] = []
    const language = new Language((count) => counts.push(count) > 0)
    for (let i = 0; i < 40; i++) {
      ask('format', ['NumberFormat', ['de'], { minimumFractionDigits: i }], ['1'], language)
      ask('format', ['NumberFormat', ['de'], {}], ['1'], language)
    }
    expect(Math.max(...counts)).toBe(32)
    // the one that was always asked for was made once
    expect(counts).toHaveLength(41)
  })
})
