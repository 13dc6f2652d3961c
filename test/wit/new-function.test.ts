/**
 * A new function is one file in `wit/`, one in `host/bindings/` and one in `guest-shim/bindings/`, and nothing else. Held
 * with a copy of the sources that gets these three: it is generated, holds its types, builds an app and serves it.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, test } from 'vitest'

import { ROOT } from '../harness/serve.ts'

const run = promisify(execFile)
/** For two builds and an engine, on a machine that is busy. */
const PATIENCE_MS = 240_000

const COPIED = ['wit', 'host', 'guest-shim', 'package.json', 'tsconfig.json', 'engines.json']

/** An interface with everything that a world may have. */
const WIT = `/// Lists what is kept.
interface shelf {
  enum order { up, down }

  record mark { kind: u8, weight: f64, until: option<u64> }

  variant limit {
    none,
    most(u32),
  }

  record query { prefix: list<u8>, order: order, limit: limit }

  record book { title: string, pages: option<u16>, marks: list<mark>, tags: list<string> }

  record listing { id: u32, books: list<book>, order: order, total: s64 }

  variant event {
    /// The outcome of a search.
    found(listing),
    /// Nobody knows.
    lost(u32),
  }

  /// Search. The outcome is one \`found\` or \`lost\` event. Gives how many searches there were.
  search: func(id: u32, query: query, marks: list<mark>, letter: char) -> u64;
}
`

const HOST = `
import type { Imports } from '../../wit/worlds.ts'
import type { Binding, BindingContext, Mailbox } from './binding.ts'

type Search = Parameters<Imports['nano:workers/shelf']['search']>

/** Answers each search with what it asked for. */
class ShelfBinding implements Binding {
  readonly #mailbox: Mailbox
  #searches: Search[] = []
  #count = 0n

  constructor(mailbox: Mailbox) {
    this.#mailbox = mailbox
  }

  readonly imports = {
    search: (...search: Search): bigint => {
      this.#searches.push(search)
      return ++this.#count
    },
  } satisfies Imports['nano:workers/shelf']

  flush(): void {
    for (const [id, { prefix, order, limit }, marks, letter] of this.#searches.splice(0)) {
      if (limit.tag === 'none') this.#mailbox.post({ tag: 'lost', val: id }, 0)
      else {
        const title = new TextDecoder().decode(prefix) + letter
        const books = [
          { title, pages: limit.val, marks, tags: ['ä', '', title] },
          { title: '', marks: [], tags: [] },
        ]
        this.#mailbox.post({ tag: 'found', val: { id, books, order, total: -(2n ** 40n) } }, 0)
      }
    }
  }

  isPending(): boolean {
    return this.#searches.length > 0
  }

  [Symbol.dispose](): void {
    this.#searches = []
  }
}

export const bind = ({ mailbox }: BindingContext): ShelfBinding => new ShelfBinding(mailbox)
`

const GUEST = `
import { type Event, type Listing, type Mark, type Order, search } from 'nano:workers/shelf'
import { encode } from '../globals/primordials.ts'
import type { GuestBinding } from './binding.ts'

const waiting = new Map<number, { resolve(listing: Listing): void; reject(error: Error): void }>()
let lastId = 0

class Shelf {
  readonly #order: Order

  constructor(order: Order) {
    this.#order = order
  }

  search(prefix: string, most: number | undefined, marks: Mark[]): Promise<unknown> {
    const id = ++lastId
    const limit = most === undefined ? ({ tag: 'none' } as const) : ({ tag: 'most', val: most } as const)
    const count = search(id, { prefix: encode(prefix), order: this.#order, limit }, marks, '\u{1f4d6}')
    return new Promise<Listing>((resolve, reject) => {
      waiting.set(id, { resolve, reject })
    }).then((listing) => ({ ...listing, count }))
  }
}

export const binding: GuestBinding<Event> = {
  events: {
    found: (listing) => waiting.get(listing.id)?.resolve(listing),
    lost: (id) => waiting.get(id)?.reject(new Error('search ' + id + ' found nothing')),
  },
  kinds: { shelf: (settings) => new Shelf((settings as { order: Order }).order) },
}
`

const APP = `
const toText = (value) => JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? part + 'n' : part))
export default {
  async fetch(request, env) {
    const marks = [{ kind: 200, weight: -0.5, until: 2n ** 63n }, { kind: 1, weight: 3 }]
    const found = await env.SHELF.search('ab', 7, marks)
    const lost = await env.SHELF.search('cd', undefined, []).catch((error) => error.message)
    return new Response(toText({ found, lost }))
  },
}
`

/** Runs in the copy. */
const SERVE = `
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildApp } from './host/build/build.ts'
import { parseConfig } from './host/config/parse.ts'
import { startServer } from './host/server.ts'
import { PRESENT } from './wit/worlds.ts'

const entry = join(import.meta.dirname, 'app/index.js')
const { skeletonHash: hash } = await buildApp({ entry, outFile: 'app.wasm' })
const engine = { hash, componentize_js: '', world: 'nano:workers/worker@' + PRESENT }
writeFileSync('engines.json', JSON.stringify({ engines: [engine] }))
const text = JSON.stringify({ port: 0, shards: 1, apps: [{ name: 'a', hostname: '127.0.0.1', path: './app.wasm' }] })
const { apps, ...config } = parseConfig(text, 'nano.json')
const env = { SHELF: { type: 'binding' as const, kind: 'shelf', settings: '{"order":"down"}' } }
const server = await startServer({ config: { ...config, apps: apps.map((app) => ({ ...app, env })) }, log() {} })
const response = await fetch(\`http://127.0.0.1:\${server.port}/\`)
console.log(await response.text())
await server.close()
process.exit()
`

const copy = mkdtempSync(join(tmpdir(), 'nano-new-function-'))

afterAll(() => rmSync(copy, { recursive: true, force: true }))

test('one file each, and an app uses it', { timeout: PATIENCE_MS }, async ({ expect }) => {
  const filter = (path: string): boolean => !path.endsWith('.test.ts')
  for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true, filter })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  mkdirSync(join(copy, 'app'))
  const files = {
    'wit/shelf.wit': WIT,
    'host/bindings/shelf.ts': HOST,
    'guest-shim/bindings/shelf.ts': GUEST,
    'app/index.js': APP,
    'serve.ts': SERVE,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(copy, name), text)
  const options = { cwd: copy, env: { ...process.env, NANO_CACHE_DIR: join(copy, 'cache') } }
  const node = (...args: string[]) => run(process.execPath, args, options)

  await node('wit/generate.ts')
  await node('wit/generate.ts', '--check')
  for (const project of ['tsconfig.json', 'guest-shim/tsconfig.json']) {
    const { stdout } = await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', project], options).catch(
      (error: { stdout: string }) => error,
    )
    expect(stdout).toBe('')
  }
  const { stdout } = await node('serve.ts')
  const title = 'ab\u{1f4d6}'
  expect(JSON.parse(stdout)).toEqual({
    found: {
      id: 1,
      books: [
        {
          title,
          pages: 7,
          marks: [
            { kind: 200, weight: -0.5, until: `${2n ** 63n}n` },
            { kind: 1, weight: 3 },
          ],
          tags: ['ä', '', title],
        },
        { title: '', marks: [], tags: [] },
      ],
      order: 'down',
      total: `-${2n ** 40n}n`,
      count: '1n',
    },
    lost: 'search 2 found nothing',
  })
})
