/** Images on the disk: what is kept, what is found again, and what becomes of what is broken. */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, it } from 'vitest'

import type { Env } from '../config/env.ts'
import { IMAGE_LINE, IMAGE_PAGE, splitImage } from '../image/image.ts'
import { toContent as toUsed } from '../image/packed.ts'
import { layOver } from '../image/resident.ts'
import type { AppContent } from '../image/image.ts'
import { hasPageFiles } from '../native/page-file.ts'
import { toSeal } from './env-image.ts'
import { ImageFiles } from './image-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-images-'))
let folders = 0
const toFolder = (): string => join(folder, `${++folders}`)

afterAll(() => rmSync(folder, { recursive: true }))

/** So many pages that all have, and one of its own. */
function toContent(own: number): AppContent {
  const bytes = new Uint8Array(65_536).fill(7, 0, 8 * IMAGE_PAGE)
  bytes[10 * IMAGE_PAGE] = own
  return { image: splitImage([{ offset: 0, bytes }], 1) }
}

function toMemory({ image }: AppContent): Buffer {
  const memory = new WebAssembly.Memory({ initial: image.pages })
  for (const _ of layOver(image, memory));
  return Buffer.from(memory.buffer)
}

it('gives what was kept to whoever opens the directory, the first image of an engine once', ({ expect }) => {
  const cache = toFolder()
  const contents = [1, 2, 3].map(toContent)
  const kept = contents.map((content) => new ImageFiles(cache).keep('e', content))
  const files = new ImageFiles(cache)
  const loaded = kept.map(({ image }) => toUsed(files.load('e', image.id)))
  expect(loaded.map((content) => toMemory(content).equals(toMemory(contents.shift()!)))).toEqual([
    true,
    true,
    true,
  ])
  const blocks = new Set(loaded.map(({ image }) => image.layers[0]!.bytes.buffer))
  expect(blocks.size).toBe(1)
  const mapped = loaded.map(({ image }) => image.mappable?.file.fd)
  expect([new Set(mapped).size, mapped.includes(undefined)]).toEqual([1, !hasPageFiles])
  expect(loaded.map(({ image }) => image.layers[1]!.bytes.length)).toEqual([0, IMAGE_LINE, IMAGE_LINE])
  expect(readdirSync(join(cache, 'images', 'bases'))).toEqual(['e'])
})

it('takes away what is broken, so that it can be kept again', ({ expect }) => {
  const files = new ImageFiles(toFolder())
  files.keep('e', toContent(1))
  const { image } = files.keep('e', toContent(2))
  const path = files.toContentPath(image.id)
  const whole = readFileSync(path)
  truncateSync(path, 50)
  expect(() => files.load('e', image.id)).toThrow('cannot be read')
  files.keep('e', toContent(2))
  expect(readFileSync(path).equals(whole)).toBe(true)
})

it('has another base when the one that there was is broken', ({ expect }) => {
  const cache = toFolder()
  const { image } = new ImageFiles(cache).keep('e', toContent(1))
  writeFileSync(join(cache, 'images', 'bases', 'e'), 'no image')
  const files = new ImageFiles(cache)
  expect(() => files.load('e', image.id)).toThrow('its base image is not there')
  files.keep('e', toContent(2))
  files.keep('e', toContent(1))
  expect(toMemory(toUsed(files.load('e', image.id))).equals(toMemory(toContent(1)))).toBe(true)
})

it('knows a file by all of its stamps', ({ expect }) => {
  const files = new ImageFiles(toFolder())
  const kept = files.keep('e', toContent(1))
  files.note('/app.wasm', ['a', 'b'], kept)
  expect(files.find('/app.wasm', ['a', 'b'])).toEqual(kept)
  expect(files.find('/app.wasm', ['a', 'c'])).toBeUndefined()
  expect(files.find('/other.wasm', ['a', 'b'])).toBeUndefined()
})

it('uses no directory that others can write to', ({ expect }) => {
  const cache = toFolder()
  const files = new ImageFiles(cache)
  const kept = files.keep('e', toContent(1))
  files.note('/app.wasm', [], kept)
  chmodSync(join(cache, 'images'), 0o777)
  expect(() => files.keep('e', toContent(2))).toThrow('others can write there')
  expect(() => files.load('e', kept.image.id)).toThrow('others can write there')
  expect(files.find('/app.wasm', [])).toBeUndefined()
})

it('seals what is for one deployment: who has another env cannot open it, and nothing is packed against it', ({
  expect,
}) => {
  const cache = toFolder()
  const [own, other] = ['one', 'two'].map((value) => toSeal('c', { SECRET: { type: 'secret', value } }))
  const files = new ImageFiles(cache)
  const { image } = files.keep('e', toContent(1), own)
  expect([image.id, existsSync(join(cache, 'images', 'bases', 'e'))]).toEqual([own!.id, false])
  expect(toMemory(toUsed(files.load('e', image.id, own!.key))).equals(toMemory(toContent(1)))).toBe(true)
  expect(readFileSync(files.toContentPath(image.id)).includes('NANOIMG')).toBe(false)
  expect(statSync(files.toContentPath(image.id)).mode & 0o777).toBe(0o600)
  for (const key of [other!.key, undefined]) {
    files.keep('e', toContent(1), own)
    expect(() => files.load('e', image.id, key)).toThrow('cannot be read')
  }
  // against the base of its engine, once there is one
  files.keep('e', toContent(2))
  files.keep('e', toContent(1), own)
  expect(toMemory(toUsed(files.load('e', image.id, own!.key))).equals(toMemory(toContent(1)))).toBe(true)
})

it('names and seals by component and env', ({ expect }) => {
  const text = { type: 'text', value: '1' } as const
  const binding = { type: 'binding', kind: 'kv', settings: '{}' } as const
  const envs: Env[] = [
    {},
    { A: text },
    { B: text },
    { A: text, B: text },
    { B: text, A: text },
    { A: { type: 'json', value: '1' } },
    { A: binding },
    { A: { ...binding, kind: 'd1' } },
  ]
  const seals = [...envs.map((env) => toSeal('c', env)), toSeal('d', { A: text })]
  expect(new Set(seals.flatMap(({ id, key }) => [id, Buffer.from(key).toString('hex')])).size).toBe(18)
  expect(toSeal('c', { A: { ...binding, resource: { kind: 'kv', key: 'k' } } })).toEqual(
    toSeal('c', { A: binding }),
  )
})

it('gives up what nobody names, least recently used first, beyond a budget', ({ expect }) => {
  const files = new ImageFiles(toFolder())
  const ids = Array.from({ length: 8 }, (_, own) => files.keep('e', toContent(own)).image.id)
  const isThere = () => ids.map((id) => existsSync(files.toContentPath(id)))
  const bytesOf = (...which: number[]): number =>
    which.reduce((sum, i) => sum + statSync(files.toContentPath(ids[i]!)).size, 0)
  for (const [i, id] of ids.entries()) utimesSync(files.toContentPath(id), 1000 + i, 1000 + i)
  files.note('/app.wasm', ['1'], { engineHash: 'e', image: { id: ids[3]!, pages: 1, bytes: 0 } })
  // used, and so the last one to go
  files.load('e', ids[2]!)
  const named = new Set([ids[0]!, ids[4]!])

  expect(files.prune(named, bytesOf(1, 2, 3, 5, 6, 7))).toBe(0)
  expect(isThere()).not.toContain(false)
  expect(files.prune(named, bytesOf(2, 6, 7))).toBe(3)
  expect(isThere()).toEqual([true, false, true, false, true, false, true, true])
  expect(files.find('/app.wasm', ['1'])).toBeUndefined()
  expect(files.prune(named, 0)).toBe(3)
  expect(isThere()).toEqual([true, false, false, false, true, false, false, false])
})
