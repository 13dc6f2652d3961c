import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseSync } from 'rolldown/utils'
import { expect, test } from 'vitest'

import { listFits, toPattern } from './import-patterns.ts'

const patternOf = (source: string) => {
  const [statement] = parseSync('a.js', `(${source})`).program.body
  return toPattern((statement as unknown as { expression: { expression: unknown } }).expression.expression)
}

const FILES = [
  'app/index.js',
  'app/a/one.js',
  'app/a/two.ts',
  'app/a/deep/one.js',
  'app/a/note.txt',
  'secret.js',
]

function withFiles(run: (importer: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), 'nano-test-'))
  for (const file of FILES) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), '')
  }
  run(join(root, 'app/index.js'))
  rmSync(root, { recursive: true })
}

test('a template, and a sum of texts, have a pattern', () => {
  expect(patternOf('`./a/${x}.js`')).toEqual(['./a/', '.js'])
  expect(patternOf("'./a/' + x + '-' + y + '.js'")).toEqual(['./a/', '-', '.js'])
  expect(patternOf("`./a/${x}` + '.js'")).toEqual(['./a/', '.js'])
})

test.for(['x', '`${x}`', '`/a/${x}`', '`pkg/${x}.js`', "'a' - x", 'f()'])('%s has none', (source) => {
  expect(patternOf(source)).toBeUndefined()
})

test.for<[pattern: string[], names: string[]]>([
  [['./a/', '.js'], ['./a/one.js']],
  // without its ending too
  [
    ['./a/', ''],
    ['./a/note.txt', './a/one.js', './a/one', './a/two.ts', './a/two'],
  ],
  [
    ['./a/o', ''],
    ['./a/one.js', './a/one'],
  ],
  [['./a/', '/one'], ['./a/deep/one']],
  [['./', '/', '/', '.js'], ['./a/deep/one.js']],
  [['./a/.', ''], []],
  [['./nowhere/', ''], []],
])('%o means %o', ([pattern, names]) => {
  withFiles((importer) => expect([...listFits(importer, pattern, () => true).keys()]).toEqual(names))
})

test('a name without its ending means the file with it', () => {
  withFiles((importer) => {
    expect([...listFits(importer, ['./a/deep/on', 'e'], () => true)]).toEqual([])
    expect([...listFits(importer, ['./a/t', 'o'], () => true)]).toEqual([['./a/two', './a/two.ts']])
  })
})

test('what may not be read is not there', () => {
  withFiles((importer) => {
    const allows = (file: string) => file.startsWith(dirname(importer))
    expect(listFits(importer, ['../', '.js'], allows).size).toBe(0)
  })
})
