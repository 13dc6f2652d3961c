/**
 * Files that are no components of NANO's: each is refused with a code and words that say what is wrong, within bounded
 * time, while a server goes on serving.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { componentize } from '@bytecodealliance/componentize-js'

import { WORLD } from '../../wit/text.ts'
import { splitComponent } from '../../host/component/skeleton.ts'
import { encodeModule, SECTION } from '../../host/wasm/sections.ts'
import { Writer } from '../../host/wasm/writer.ts'
import {
  COMPONENT_PREAMBLE,
  PART,
  editComponent,
  editMain,
  toName,
  withElement,
} from '../harness/component.ts'
import type { Edit } from '../harness/component.ts'
import { watchDeploys } from '../harness/deploys.ts'
import type { Deploys } from '../harness/deploys.ts'

const MIB = 1024 * 1024
const ROOT = join(import.meta.dirname, '../..')
const OTHER_WORLD = 'package other:place; world worker { export run: func() -> string; }'
/** For the machine that runs the tests; the check itself takes some milliseconds. */
const SLACK_MS = 5000
const MAX_U32 = [0xff, 0xff, 0xff, 0xff, 0x0f]

let deploys: Deploys
let good: Uint8Array
let foreign: Uint8Array

beforeAll(async () => {
  foreign = await buildForeign()
  deploys = await watchDeploys()
  good = deploys.good
})

afterAll(() => deploys[Symbol.asyncDispose]())

/** A good component of a world that is not NANO's. */
async function buildForeign(): Promise<Uint8Array> {
  const cache = join(ROOT, 'node_modules/.cache/nano-workers/engine-test')
  const file = join(cache, 'other-world.wasm')
  if (!existsSync(file)) {
    // its own types demand a file for the world
    const options = { witWorld: OTHER_WORLD, worldName: WORLD, disableFeatures: ['http', 'fetch-event'] }
    const { component: bytes } = await (
      componentize as unknown as (source: string, options: object) => Promise<{ component: Uint8Array }>
    )('export const run = () => "here"', options)
    mkdirSync(cache, { recursive: true })
    writeFileSync(file, bytes)
  }
  return readFileSync(file)
}

type Make = () => Uint8Array | string
const inMain =
  (edit: Edit): Make =>
  () =>
    editMain(good, edit)
const inParts = (edit: Edit) => (): Uint8Array => editComponent(good, edit)
const headed =
  (...bytes: number[]): Make =>
  () =>
    Uint8Array.from([...COMPONENT_PREAMBLE, ...bytes])
const exportNamed = (text: string): Edit => withElement(SECTION.export, [...toName(text), 0, 0])
const importNamed = (module: string, field: string): Edit =>
  withElement(SECTION.import, [...toName(module), ...toName(field), 0, 0])

/** What a code generator would paste somewhere. */
const EVIL = "'] = globalThis.pwned = 1; x['"
const NAMES: [title: string, text: string][] = [
  ['a quote that ends a string', EVIL],
  ['a newline', `\n${EVIL}\n`],
  ['a NUL', `\0${EVIL}`],
  ['U+2028', `\u2028${EVIL}`],
  ['a template literal', '`${globalThis.pwned = 1}`'],
  ['a backslash', String.raw`\'];globalThis.pwned=1//`],
  ['the end of a comment', '*/ globalThis.pwned = 1 /*'],
  ['an escape sequence', '\u001b]0;pwned\u0007\u001b[31m'],
  ['64 KiB', 'x'.repeat(65_536)],
  ['__proto__', '__proto__'],
  ['then', 'then'],
]

type Case = [title: string, make: Make, words: RegExp]

// P4
const INVALID: Case[] = [
  ['an empty file', () => '', /the file is empty/],
  ['WebAssembly as text', () => '(component)', /WebAssembly as text/],
  ['a page', () => '<!doctype html><script>', /not WebAssembly/],
  ['JavaScript', () => 'export default {}', /not WebAssembly/],
  ['a header alone', headed(), /no core module/],
  ['a core module', () => encodeModule([]), /a core module/],
  ['a future version', () => good.with(4, 0x0e), /version that is not known/],
  ['a byte too many', () => Uint8Array.from([...good, 1]), /broken|cut off/],
  ['a second file behind it', () => Buffer.concat([good, good]), /broken|cut off/],
  ['a section of 2^32-1 bytes', headed(1, ...MAX_U32), /cut off/],
  ['a length of 35 bits', headed(1, 0xff, 0xff, 0xff, 0xff, 0x7f), /does not fit into 32 bits/],
  ['a length without end', headed(1, ...Array.from({ length: 64 }, () => 0x80)), /does not fit|too long/],
  ['an unknown section', headed(0x7f, 0), /unknown component section 127/],
  [
    'an unknown section of the engine',
    inMain((all) => [...all, { id: 99, payload: good.subarray(0, 4) }]),
    /section 99/,
  ],
  [
    'each section twice',
    inMain((all) => all.flatMap((section) => [section, section])),
    /repeated or out of order/,
  ],
  ['sections out of order', inMain((all) => all.toReversed()), /repeated or out of order/],
]

const UNKNOWN: [title: string, make: Make][] = [
  ['a component of another world', () => foreign],
  ['a byte of the code flipped', () => good.with(good.length >> 1, good[good.length >> 1]! ^ 1)],
  // a stand-in for a componentize-js that leaks: what is known is a hash, and this has another
  ['the engine of another release', inMain(withElement(SECTION.code, [3, 0, 1, 0x0b]))],
  [
    'an export less',
    inParts((parts) =>
      parts.slice(
        0,
        parts.findLastIndex(({ id }) => id === PART.export),
      ),
    ),
  ],
  [
    'an import twice',
    inParts((parts) => [...parts.filter(({ id }) => id === PART.import).slice(0, 1), ...parts]),
  ],
]

const AT_START: [title: string, make: Make, code: string][] = [
  ['text', () => '(component)', 'COMPONENT_INVALID'],
  ['a name that is code', inMain(exportNamed(EVIL)), 'ENGINE_UNKNOWN'],
  ['a cut file', () => good.subarray(0, 1_000_000), 'COMPONENT_INVALID'],
]

describe('refused', () => {
  test.for(INVALID)('%s', async ([, make, words], { expect }) => {
    const { code, text, ms } = await deploys.outcomeOf(deploys.write(make()))
    expect([code, text]).toEqual(['COMPONENT_INVALID', expect.stringMatching(words)])
    expect(text).toMatch(/^app bad: .*\d+\.wasm: expected a component built by NANO, but [\x20-\x7e]*$/)
    expect(ms).toBeLessThan(SLACK_MS)
  })

  test.for(UNKNOWN)('%s', async ([, make], { expect }) => {
    const { code, text, ms } = await deploys.outcomeOf(deploys.write(make()))
    expect(code).toBe('ENGINE_UNKNOWN')
    expect(text).toMatch(
      /^app bad: the component's engine [0-9a-f]{12} is not among the \d+ that this host knows/,
    )
    expect(ms).toBeLessThan(SLACK_MS)
  })

  // A1, A12
  test.for(NAMES)('a name that is %s, in every place', async ([, text], { expect }) => {
    const part = new Writer().u32(1).u8(0).name(text).u8(1).u32(0).finish()
    const parts = [PART.import, PART.export].map((id) => ({ id, payload: part }))
    const files = [
      editMain(good, importNamed(text, 'x')),
      editMain(good, (all) => exportNamed(text)(importNamed('nano', text)(all))),
      editComponent(good, (all) => [...all, ...parts]),
    ]
    for (const file of files) {
      const outcome = await deploys.outcomeOf(deploys.write(file))
      expect(outcome.code).toBe('ENGINE_UNKNOWN')
      expect(outcome.text).toMatch(/^[\x20-\x7e]*$/)
      expect(outcome.text).not.toContain('pwned')
    }
    expect(globalThis).not.toHaveProperty('pwned')
  })

  // A15
  test('the beginning of a component, wherever it is cut', async ({ expect }) => {
    const places = Array.from({ length: 15 }, (_, i) => Math.floor(good.length * ((i + 1) / 16) ** 3))
    for (const length of [...places, 1, 4, 7, 8, 9, 12, good.length - 1]) {
      const { code } = await deploys.outcomeOf(deploys.write(good.subarray(0, length)))
      expect([length, code]).toEqual([length, 'COMPONENT_INVALID'])
    }
  })

  // P5
  test.for([65, 1024])('a file of %d MiB, without reading it', async (mebibytes, { expect }) => {
    const file = deploys.write(good)
    truncateSync(file, mebibytes * MIB)
    const rss = process.memoryUsage.rss()
    const { code, text } = await deploys.outcomeOf(file)
    expect([code, text]).toEqual(['COMPONENT_INVALID', expect.stringMatching(/at most 67108864/)])
    expect(process.memoryUsage.rss() - rss).toBeLessThan(48 * MIB)
  })
})

test('custom sections are ignored, however large and whatever is in them', async ({ expect }) => {
  const { skeletonHash } = splitComponent(good)
  for (const [, text] of NAMES) {
    const noise = { id: PART.custom, payload: Buffer.concat([toName(text), good.subarray(0, MIB)]) }
    const bytes = editMain(
      editComponent(good, (all) => [noise, ...all, noise]),
      (all) => [noise, ...all, noise],
    )
    expect(splitComponent(bytes).skeletonHash).toBe(skeletonHash)
  }
  const large = { id: PART.custom, payload: Buffer.concat([toName('\u001b[31m'), Buffer.alloc(32 * MIB)]) }
  const file = deploys.write(editComponent(good, (all) => [...all, large]))
  expect((await deploys.outcomeOf(file)).code).toBe('served')
})

describe('on the command line', () => {
  const serveFile = (path: string): Promise<{ status: unknown; err: string }> =>
    new Promise((resolve) => {
      const config = `${path}.json`
      const apps = [{ name: 'bad', path }]
      writeFileSync(config, JSON.stringify({ apps }))
      const args = [join(ROOT, 'host/main.ts'), 'serve', '--config', config, '--port', '0', '--shards', '1']
      execFile(process.execPath, args, { timeout: 60_000 }, (error, _out, err) =>
        resolve({ status: error?.code, err }),
      )
    })

  test.for(AT_START)('%s: exit status 1, and which app in words', async ([, make, code], { expect }) => {
    const { status, err } = await serveFile(deploys.write(make()))
    expect(status).toBe(1)
    expect(err).toContain(`nano-workers: ${code}: app bad: `)
    expect(err).not.toMatch(/ {4}at |pwned/)
  })
})

test('meanwhile nothing changed: no code was generated, nothing evaluated, no request failed', async ({
  expect,
}) => {
  await deploys.expectPeace(expect)
})
