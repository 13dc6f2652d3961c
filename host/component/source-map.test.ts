/** Places of the bundle, in every form in which they come, to those of the sources. */
import { it } from 'vitest'
import { openSourceMap } from './source-map.ts'

/** The first line is the app's, the second NANO's, the third that of a source which is called like the bundle. */
const MAP = openSourceMap(
  JSON.stringify({
    version: 3,
    sources: ['src/a@1/index.ts', 'nano:entry', 'app.js'],
    names: [],
    mappings: 'AAAA;ACAA;ACAA',
  }),
)

it.for([
  [
    "the engine's",
    'f@app.js:1:2\ng@app.js:2:1\nh@nano:guest-shim:9:9\n@/initializer.js:9:9\n',
    'f@src/a@1/index.ts:1:1',
  ],
  [
    "V8's",
    'Error: x\n    at f (app.js:1:2)\n    at async g (app.js:2:1)\n    at app.js:1:3\n    at h (nano:guest-shim:9:9)',
    'Error: x\n    at f (src/a@1/index.ts:1:1)\n    at src/a@1/index.ts:1:1',
  ],
  [
    'with more behind',
    'Error: x\n    at f (app.js:1:2)\n    at g (app.js:2:1) {\n  code: 5\n}',
    'Error: x\n    at f (src/a@1/index.ts:1:1) {\n  code: 5\n}',
  ],
  ['of a source called like the bundle', '    at f (app.js:3:1)', '    at f (./app.js:1:1)'],
  [
    'mapped already',
    '    at f (src/app.js:1:1)\n    at ./app.js:1:1',
    '    at f (src/app.js:1:1)\n    at ./app.js:1:1',
  ],
  ['unknown', '    at f (app.js:99:1)', '    at f (app.js:99:1)'],
] as const)('%s', ([, text, mapped], { expect }) => {
  expect(MAP.symbolicate(text)).toBe(mapped)
  // nothing is mapped twice
  expect(MAP.symbolicate(MAP.symbolicate(text))).toBe(mapped)
})

it('answers a guest with a line for each place, of which it bounds the number', ({ expect }) => {
  expect(MAP.mapPlaces('1:2\n2:1\n99:1\n3:1')).toBe('src/a@1/index.ts:1:1\n-\n\n./app.js:1:1')
  expect(MAP.mapPlaces('x:y\n-1:1e999\n1\n:::')).toMatch(/^[^\n]*\n[^\n]*\n[^\n]*\n[^\n]*$/)
  expect(MAP.mapPlaces('1:1\n'.repeat(4000)).split('\n')).toHaveLength(128)
  expect(openSourceMap('no map').mapPlaces('1:1')).toBe('')
})
