/** Apps of nano.json that are folders with wrangler files: served, changed, broken by whoever has the folder. */

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { test } from 'vitest'

import { serveFile } from '../harness/serve-file.ts'
import { waitFor } from '../harness/serve.ts'

const INDEX = 'export default { fetch: (_request, env) => Response.json([env.WORD, NAME, typeof env.KV]) }\n'

test(
  'serve what their files say, and a broken one concerns its app alone',
  { timeout: 120_000 },
  async ({ expect }) => {
    await using served = await serveFile([], {
      watchMs: 100,
      place(folder) {
        const write = (path: string, content: string | object): void => {
          mkdirSync(dirname(join(folder, path)), { recursive: true })
          writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content))
        }
        for (const app of ['shop', 'blog']) {
          write(`${app}/src/index.js`, INDEX)
          write(`${app}/public/page.html`, `<p>${app}</p>`)
        }
        const define = { NAME: '"built"' }
        const kv = [{ binding: 'KV' }]
        write('shop/wrangler.json', {
          main: 'src/index.js',
          define,
          kv_namespaces: kv,
          vars: { WORD: 'one' },
          assets: { directory: 'public' },
          vectorize: [{ binding: 'V', index_name: 'v' }],
        })
        write('blog/wrangler.toml', 'main = "src/index.js"\n[define\n')
        symlinkSync('../..', join(folder, 'blog/public/up'))
        const apps = [
          { name: 'shop', hostname: 'shop.test', path: './shop' },
          { name: 'blog', hostname: 'blog.test', path: './blog' },
        ]
        write('nano.json', { port: 0, shards: 1, admin: false, apps })
        return join(folder, 'nano.json')
      },
    })
    const ask = async (host: string, path = '/') => {
      const { status, text } = await served.send(host, path)
      return `${status} ${text}`
    }
    const becomes = (host: string, answer: string, path = '/') =>
      waitFor(
        async () => ((await ask(host, path)) === answer ? answer : undefined),
        30_000,
        served.log.join('\n'),
      )
    const write = (path: string, content: string): void => writeFileSync(join(served.folder, path), content)

    expect(await ask('shop.test')).toBe('200 ["one","built","object"]')
    expect(await ask('shop.test', '/page')).toBe('200 <p>shop</p>')
    expect(served.log.join('\n')).toMatch(/warn +\[shop\] .*wrangler\.json:1:\d+: vectorize: /)
    expect(await ask('blog.test')).toMatch(/^502 /)
    expect(served.log.join('\n')).toMatch(/error \[blog\] WRANGLER_INVALID: .*blog\/wrangler\.toml:2:\d+: /)

    // it is mended, and asks for what is not its own
    const blog = 'main = "src/index.js"\n[define]\nNAME = \'"mended"\'\n[vars]\nWORD = "two"\n'
    write('blog/wrangler.toml', blog)
    await becomes('blog.test', '200 ["two","mended","undefined"]')
    for (const directory of ['../shop/public', 'public/up', '/etc']) {
      const before = served.log.length
      write('blog/wrangler.toml', `${blog}[assets]\ndirectory = "${directory}"\n`)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await waitFor(
        () =>
          served.log
            .slice(before)
            .find((line) => /error \[blog\] ASSETS_INVALID: .*folder of the app/.test(line)),
        30_000,
        served.log.join('\n'),
      )
      // oxlint-disable-next-line no-await-in-loop
      expect(await ask('blog.test')).toBe('200 ["two","mended","undefined"]')
    }
    // a variable and what is built change at once
    write('blog/wrangler.toml', blog.replace('two', 'three').replace('mended', 'again'))
    await becomes('blog.test', '200 ["three","again","undefined"]')
    // a broken one leaves the version before
    write('blog/wrangler.toml', 'main = 5')
    await waitFor(
      () => served.log.find((line) => line.includes('main: expected a file')),
      30_000,
      served.log.join('\n'),
    )
    expect(await ask('blog.test')).toBe('200 ["three","again","undefined"]')
    expect(await ask('shop.test')).toBe('200 ["one","built","object"]')
  },
)
