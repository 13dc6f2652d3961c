/** The store against a model, files that somebody spoiled, and a process that is killed at any moment. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import * as fc from 'fast-check'
import { afterAll, describe, it } from 'vitest'

import { Blobs, toContentHash } from './blobs.ts'
import type { ContentHash } from './blobs.ts'
import { LocalStore } from './local-store.ts'
import type { NewVersion } from './store.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-artifacts-'))
let folders = 0
const toFolder = (): string => join(folder, `${++folders}`)

afterAll(() => rmSync(folder, { recursive: true }))

const bytesOf = (text: string): Buffer => Buffer.from(text.repeat(100))

const toNew = (app: string, content: string, more: Partial<NewVersion> = {}): NewVersion => ({
  app,
  hostname: `${app}.test`,
  settings: '{}',
  component: bytesOf(content),
  engineHash: 'e1',
  image: '{}',
  ...more,
})

/** Files of all blobs. */
const blobsIn = (directory: string): string[] =>
  readdirSync(join(directory, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

describe('a store', () => {
  it('gives back what it took, after it was closed, too', ({ expect }) => {
    const directory = toFolder()
    const sourceMap = Buffer.from('{"version":3}')
    {
      using store = new LocalStore(directory)
      const first = store.add(toNew('a', 'one', { sourceMap }))
      expect(first).toMatchObject({ app: 'a', number: 1, hostname: 'a.test', engineHash: 'e1' })
      expect(store.apps()).toEqual([])
      store.activate({ app: 'a', number: 1 })
    }
    using store = new LocalStore(directory)
    const [app] = store.apps()
    expect(app).toMatchObject({ name: 'a', active: { number: 1 } })
    expect(store.read(app!.active.component)).toEqual(bytesOf('one'))
    expect(store.read(app!.active.sourceMap!)).toEqual(sourceMap)
  })

  it('adds the same twice as one version, and a change of settings as another one', ({ expect }) => {
    using store = new LocalStore(toFolder())
    const numbers = [
      store.add(toNew('a', 'one')),
      store.add(toNew('a', 'one')),
      store.add(toNew('a', 'one', { settings: '{"cpu_ms":1}' })),
      store.add(toNew('a', 'one', { hostname: 'b.test', settings: '{"cpu_ms":1}' })),
      store.add(toNew('a', 'two')),
    ].map(({ number }) => number)
    expect(numbers).toEqual([1, 1, 2, 3, 4])
    expect(store.versions('a').map(({ number }) => number)).toEqual([4, 3, 2, 1])
    expect(() => store.activate({ app: 'a', number: 9 })).toThrow('app a has no version 9')
  })

  it('keeps of a second component of an engine only what is not in the first', ({ expect }) => {
    const directory = toFolder()
    using store = new LocalStore(directory)
    // nothing that zstd could make smaller
    const engine = Buffer.from(
      Array.from({ length: 500_000 }, (_, i) => (Math.imul(i, 2_654_435_761) >>> 24) ^ ((i * i) >>> 8)),
    )
    store.add({ ...toNew('a', ''), component: Buffer.concat([engine, Buffer.from('app a')]) })
    const [first] = blobsIn(directory).map((file) => readFileSync(file).length)
    const second = store.add({ ...toNew('b', ''), component: Buffer.concat([engine, Buffer.from('app b')]) })
    const sizes = blobsIn(directory).map((file) => readFileSync(file).length)
    expect(Math.min(...sizes)).toBeLessThan(first! / 100)
    expect(store.read(second.component)).toEqual(Buffer.concat([engine, Buffer.from('app b')]))
  })

  it('removes what no version needs, and nothing else', ({ expect }) => {
    const directory = toFolder()
    using store = new LocalStore(directory)
    store.add(toNew('a', 'base'))
    store.activate({ app: 'a', number: 1 })
    store.add(toNew('b', 'other'))
    store.activate({ app: 'b', number: 1 })
    expect(store.remove('a')).toBe(true)
    expect(store.remove('a')).toBe(false)
    // the base of the other one stays
    expect(store.collect()).toBe(0)
    expect(store.read(store.apps()[0]!.active.component)).toEqual(bytesOf('other'))
    store.remove('b')
    expect(store.collect()).toBe(2)
    expect(blobsIn(directory)).toEqual([])
  })

  it('keeps the version that serves and the newest ones', ({ expect }) => {
    using store = new LocalStore(toFolder())
    store.add(toNew('a', 'v1'))
    store.activate({ app: 'a', number: 1 })
    for (let i = 2; i <= 40; i++) store.add(toNew('a', `v${i}`))
    store.activate({ app: 'a', number: 1 })
    expect(store.versions('a').map(({ number }) => number)).toEqual([
      ...Array.from({ length: 20 }, (_, i) => 40 - i),
      1,
    ])
    expect(() => store.activate({ app: 'a', number: 1, canary: { version: 3, percent: 10 } })).toThrow(
      'app a has no version 3',
    )
    store.activate({ app: 'a', number: 40, canary: { version: 1, percent: 10 } })
    store.add(toNew('a', 'v41'))
    store.activate({ app: 'a', number: 41, canary: { version: 1, percent: 10 } })
    expect(store.versions('a').map(({ number }) => number)).toEqual([
      ...Array.from({ length: 20 }, (_, i) => 41 - i),
      1,
    ])
  })

  it('is one process`s at a time', ({ expect }) => {
    const directory = toFolder()
    using store = new LocalStore(directory)
    store.add(toNew('a', 'one'))
    expect(() => new LocalStore(directory)).toThrow(
      /cannot use the data directory .*: another process has it/,
    )
  })

  it('does what a model of it does', ({ expect }) => {
    const app = fc.constantFrom('a', 'b', 'c')
    const step = fc.oneof(
      fc.record({ type: fc.constant('add' as const), app, content: fc.constantFrom('x', 'y', 'z') }),
      fc.record({ type: fc.constant('activate' as const), app, back: fc.nat(2), beside: fc.nat(3) }),
      fc.record({ type: fc.constant('remove' as const), app }),
      fc.record({ type: fc.constant('collect' as const) }),
      fc.record({ type: fc.constant('reopen' as const) }),
    )
    const property = fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const directory = toFolder()
      let store = new LocalStore(directory)
      interface Known {
        contents: string[]
        active: number | undefined
        canary?: { version: number; percent: number } | undefined
      }
      const model = new Map<string, Known>()
      try {
        for (const each of steps) {
          if (each.type === 'add') {
            const known = model.get(each.app) ?? { contents: [], active: undefined }
            model.set(each.app, known)
            if (known.contents.at(-1) !== each.content) known.contents.push(each.content)
            expect(store.add(toNew(each.app, each.content)).number).toBe(known.contents.length)
          } else if (each.type === 'activate') {
            const known = model.get(each.app)
            const number = (known?.contents.length ?? 0) - each.back
            if (known === undefined || number < 1) {
              expect(() => store.activate({ app: each.app, number })).toThrow('has no version')
            } else {
              const canary = { version: number - each.beside, percent: 10 }
              const isBeside = each.beside > 0 && canary.version > 0
              store.activate({ app: each.app, number, canary: isBeside ? canary : undefined })
              known.active = number
              known.canary = isBeside ? canary : undefined
            }
          } else if (each.type === 'remove') expect(store.remove(each.app)).toBe(model.delete(each.app))
          else if (each.type === 'collect') store.collect()
          else {
            store[Symbol.dispose]()
            store = new LocalStore(directory)
          }
        }
        const served = [...model]
          .filter(([, { active }]) => active !== undefined)
          .sort(([a], [b]) => (a < b ? -1 : 1))
        const read = ({ component }: { component: ContentHash }): string => store.read(component).toString()
        expect(store.apps().map(({ name, active }) => [name, read(active)])).toEqual(
          served.map(([name, { contents, active }]) => [name, bytesOf(contents[active! - 1]!).toString()]),
        )
        expect(store.apps().map(({ canary }) => canary && [canary.version.number, canary.percent])).toEqual(
          served.map(([, { canary }]) => canary && [canary.version, canary.percent]),
        )
        for (const [name, { contents }] of model) {
          expect(store.versions(name).map(read)).toEqual(
            contents.toReversed().map((text) => bytesOf(text).toString()),
          )
        }
      } finally {
        store[Symbol.dispose]()
      }
    })
    fc.assert(property, { numRuns: 30 })
  })
})

it('of a release before canaries is read as it was', ({ expect }) => {
  const directory = toFolder()
  {
    using store = new LocalStore(directory)
    store.add(toNew('a', 'one'))
    store.activate({ app: 'a', number: 1 })
  }
  const database = new DatabaseSync(join(directory, 'catalog.sqlite'))
  database.exec('ALTER TABLE apps DROP COLUMN canary; ALTER TABLE apps DROP COLUMN percent')
  database.exec('ALTER TABLE apps DROP COLUMN revision; DROP TABLE brought_bases')
  database.exec('ALTER TABLE versions DROP COLUMN image; ALTER TABLE versions DROP COLUMN assets')
  database.exec('ALTER TABLE versions DROP COLUMN source; DROP TABLE pulled')
  database.exec('PRAGMA user_version = 1')
  database.close()
  using store = new LocalStore(directory)
  expect(store.apps()).toMatchObject([{ name: 'a', active: { number: 1 } }])
  expect(store.apps()[0]).not.toHaveProperty('canary')
  expect(store.apps()[0]!.active.image).toBeUndefined()
  store.add(toNew('a', 'two'))
  store.activate({ app: 'a', number: 1, canary: { version: 2, percent: 10 } })
  expect(store.apps()).toMatchObject([{ canary: { version: { number: 2 }, percent: 10 } }])
})

describe('a blob that is broken', () => {
  const cases: [string, (file: string) => void][] = [
    ['cut off', (file) => truncateSync(file, 41)],
    ['empty', (file) => truncateSync(file, 0)],
    ['something else', (file) => writeFileSync(file, 'x'.repeat(1000))],
    ['gone', (file) => rmSync(file)],
    [
      'with one bit turned',
      (file) => {
        const bytes = readFileSync(file)
        bytes[bytes.length - 3]! ^= 1
        writeFileSync(file, bytes)
      },
    ],
  ]
  it.for(cases)('%s, is found, and written anew when it comes again', ([, spoil], { expect }) => {
    const directory = toFolder()
    using store = new LocalStore(directory)
    const { component } = store.add(toNew('a', 'one'))
    const other = store.add(toNew('b', 'two', { engineHash: 'e2' }))
    spoil(blobsIn(directory).find((file) => file.endsWith(component))!)
    expect(() => store.read(component)).toThrow(/the stored artifact .* is broken: .* Deploy it again/)
    expect(store.read(other.component)).toEqual(bytesOf('two'))
    store.add(toNew('a', 'one', { settings: '{"again":1}' }))
    expect(store.read(component)).toEqual(bytesOf('one'))
    // the same of one that is compressed against another
    const based = store.add(toNew('c', 'three'))
    spoil(blobsIn(directory).find((file) => file.endsWith(based.component))!)
    expect(() => store.read(based.component)).toThrow('is broken')
    store.add(toNew('c', 'three', { settings: '{"again":1}' }))
    expect(store.read(based.component)).toEqual(bytesOf('three'))
  })

  it('of another kind is none of its own', ({ expect }) => {
    const directory = toFolder()
    const blobs = new Blobs(directory)
    blobs.prepare()
    const hash = blobs.put(bytesOf('x'))
    const file = blobsIn(directory)[0]!
    const bytes = readFileSync(file)
    bytes[4] = 9
    writeFileSync(file, bytes)
    expect(() => blobs.get(hash)).toThrow('does not begin as a blob does')
    expect(() => blobs.get(toContentHash(Buffer.from('nobody')))).toThrow('it cannot be read (ENOENT)')
  })
})

it(
  'loses nothing that it said is there, whenever the process is killed',
  { timeout: 60_000 },
  async ({ expect }) => {
    const directory = toFolder()
    const script = join(folder, 'writer.mjs')
    writeFileSync(
      script,
      `import { LocalStore } from ${JSON.stringify(join(import.meta.dirname, 'local-store.ts'))}
    const [directory, first] = process.argv.slice(2)
    const store = new LocalStore(directory)
    for (let i = Number(first); ; i++) {
      const app = 'app-' + (i % 5)
      const component = Buffer.from(String(i).repeat(1000))
      const { number } = store.add({ app, hostname: app, settings: '{}', component, engineHash: 'e' })
      store.activate({ app, number })
      if (i % 7 === 0) store.collect()
      process.send(i)
    }`,
    )
    let last = 0
    for (let round = 0; round < 15; round++) {
      const child = fork(script, [directory, String(last + 1)], { execArgv: [] })
      child.on('message', (number: number) => (last = number))
      // oxlint-disable-next-line no-await-in-loop -- one process at a time
      await once(child, 'message')
      setTimeout(() => child.kill('SIGKILL'), round * 7)
      // oxlint-disable-next-line no-await-in-loop
      await once(child, 'exit')
      using store = new LocalStore(directory)
      for (const { name, active } of store.apps()) {
        const index = Number(name.slice(4))
        const said = last - ((last - index + 5) % 5)
        const number = Number(
          store
            .read(active.component)
            .toString()
            .slice(0, String(last + 5).length),
        )
        // what was not acknowledged may be there, or not
        if (said > 0)
          expect(store.read(active.component).toString()).toMatch(new RegExp(`^(${said}|${said + 5})+$`))
        expect(number).toBeGreaterThan(0)
      }
      store.collect()
    }
    expect(last).toBeGreaterThan(15)
  },
)

describe('for a fleet', () => {
  it('gives a blob as it lies on the disk, with what it is compressed against', ({ expect }) => {
    using from = new LocalStore(toFolder())
    using to = new LocalStore(toFolder())
    const first = from.add(toNew('a', 'x'))
    const second = from.add(toNew('b', 'y'))
    const packed = from.pack(second.component)
    expect(packed.base).toBe(first.component)
    expect(to.missing([first.component, second.component])).toEqual([first.component, second.component])
    expect(() => to.unpack(second.component, packed.bytes)).toThrow('is broken')
    to.unpack(first.component, from.pack(first.component).bytes)
    expect(() => to.unpack(second.component, from.pack(first.component).bytes)).toThrow('not what they were')
    to.unpack(second.component, packed.bytes)
    to.mirror('b', [{ ...second, image: undefined }])
    to.activate({ app: 'b', number: 1, revision: 7 })
    // the base stays, although no version has it
    to.collect()
    expect(to.read(second.component)).toEqual(from.read(second.component))
    expect(to.apps()).toMatchObject([{ name: 'b', revision: 7, active: { number: 1 } }])
  })

  it('has the versions that it is told, and those that serve until others do', ({ expect }) => {
    using store = new LocalStore(toFolder())
    const one = store.add(toNew('a', 'x'))
    const two = store.add(toNew('a', 'y'))
    store.activate({ app: 'a', number: 1 })
    const other = { ...two, number: 3, createdAt: 5 }
    store.mirror('a', [other, { ...two, image: undefined }])
    expect(store.versions('a').map(({ number, image }) => [number, image])).toEqual([
      [3, two.image],
      [2, two.image],
      [1, one.image],
    ])
    store.activate({ app: 'a', number: 3, revision: 2 })
    store.mirror('a', [other])
    expect(store.versions('a').map(({ number }) => number)).toEqual([3])
  })
})
