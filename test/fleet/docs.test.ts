/** The commands of docs/operators/fleet.md, in their order, in a shell. */

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, test } from 'vitest'

import { TOKEN } from '../harness/admin.ts'
import { NatsServer, NO_NATS } from '../harness/nats.ts'
import { hasCurl, readCommands, runLine, writeProgram } from '../harness/page.ts'
import { startNano } from '../harness/process.ts'
import type { ServerProcess } from '../harness/process.ts'
import { fixture } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-docs-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** As the page says it. */
const ACCOUNTS = `accounts {
  SHOP {
    jetstream: enabled
    users: [{ user: nano, password: "secret", permissions: {
      publish: ["$KV.nano-shop.>", "$KV.nano-shop-hosts.>", "$O.nano-shop.>", "$JS.API.>", "$JS.FC.>", "_INBOX.>"]
      subscribe: ["_INBOX.>"]
    } }]
  }
}`

test.skipIf(!hasCurl || NO_NATS !== undefined)(
  'do what the page says (needs curl and nats-server)',
  async ({ expect }) => {
    const lines = readCommands('operators/fleet.md')
    expect(lines.length).toBeGreaterThan(8)
    await using nats = await NatsServer.start(ACCOUNTS)
    const bin = join(folder, 'bin')
    writeProgram(bin)
    copyFileSync(fixture('version'), join(folder, 'app.wasm'))
    writeFileSync(join(folder, 'settings.json'), '{ "env": { "VERSION": "1" } }')
    writeFileSync(join(folder, 'nats-password'), 'secret\n')
    const fleet = {
      nats: nats.url,
      name: 'shop',
      host: 'one',
      credentials: { user: 'nano', password: { file: 'nats-password' } },
      key: { file: 'fleet.key' },
    }
    writeFileSync(join(folder, 'nano.json'), JSON.stringify({ shards: 1, fleet }))
    let nano: ServerProcess | undefined
    try {
      for (const line of lines) {
        // the first line makes its key
        const env = { NANO_ADMIN_URL: `http://127.0.0.1:${nano?.adminPort}`, NANO_ADMIN_TOKEN: TOKEN }
        // oxlint-disable-next-line no-await-in-loop -- each builds on the one before
        expect(await runLine(line, { cwd: folder, bin, env }), line).toBe('')
        // oxlint-disable-next-line no-await-in-loop
        nano ??= await startNano(join(folder, 'nano.json'), { env: { NANO_ADMIN_TOKEN: TOKEN } })
      }
    } finally {
      await nano?.[Symbol.asyncDispose]()
    }
  },
  120_000,
)
