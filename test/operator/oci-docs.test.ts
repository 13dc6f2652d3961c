/** The commands of docs/ci/push.md, against a registry that asks who is there. */

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, test } from 'vitest'

import { TOKEN } from '../harness/admin.ts'
import { hasCurl, readCommands, runLine, writeProgram } from '../harness/page.ts'
import { startNano } from '../harness/process.ts'
import { NO_REGISTRY, TestRegistry, toDockerConfig, USER } from '../harness/registry.ts'
import { fixtureSource } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-oci-docs-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.skipIf(NO_REGISTRY !== undefined || !hasCurl)(
  `do what the page says (needs curl${NO_REGISTRY === undefined ? '' : `; ${NO_REGISTRY}`})`,
  async ({ expect }) => {
    await using registry = await TestRegistry.start({ asks: true })
    for (const directory of ['src', 'dist', 'public', 'server', 'docker']) mkdirSync(join(folder, directory))
    const bin = join(folder, 'bin')
    writeProgram(bin)
    copyFileSync(fixtureSource('version'), join(folder, 'src/index.ts'))
    writeFileSync(join(folder, 'package.json'), '{}')
    writeFileSync(join(folder, 'public/page.html'), '<p>page</p>')
    writeFileSync(join(folder, 'settings.json'), '{ "env": { "VERSION": "1" } }')
    writeFileSync(join(folder, 'server/nano.json'), '{ "shards": 1 }')
    writeFileSync(join(folder, 'docker/config.json'), toDockerConfig(registry.name))
    const docker = { DOCKER_CONFIG: join(folder, 'docker') }
    await using nano = await startNano(join(folder, 'server/nano.json'), {
      env: { ...docker, NANO_ADMIN_TOKEN: TOKEN },
    })
    const env = {
      ...docker,
      REGISTRY: registry.name,
      REGISTRY_USER: USER.name,
      REGISTRY_PASSWORD: USER.password,
      NANO_ADMIN_URL: `http://127.0.0.1:${nano.adminPort}`,
      NANO_ADMIN_TOKEN: TOKEN,
      APPS_URL: `http://127.0.0.1:${nano.port}`,
    }
    const lines = readCommands('ci/push.md')
    expect(lines.length).toBeGreaterThan(8)
    for (const line of lines) {
      // oxlint-disable-next-line no-await-in-loop -- each builds on the one before
      expect(await runLine(line, { cwd: folder, bin, env }), line).toBe('')
    }
  },
  240_000,
)
