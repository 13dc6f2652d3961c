/** Apps that are deployed while a server runs, and what of them is there after a restart. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { ImageFiles } from '../../host/deploy/image-files.ts'
import type { KeptImage } from '../../host/deploy/image-files.ts'
import { findOwnCache } from '../../host/deploy/open-engines.ts'
import type { NewDeploy } from '../../host/registry/new-deploy.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-deployed-'))
let folders = 0
const toFolder = (): string => join(folder, `${++folders}`)

afterAll(() => rmSync(folder, { recursive: true }))

const toDeploy = (app: string, version: string, more: Partial<NewDeploy> = {}): NewDeploy => ({
  app,
  hostname: `${app}.test`,
  settings: { env: { VERSION: version } },
  component: readFileSync(fixture('version')),
  ...more,
})

const FILE = { name: 'file', hostname: 'file.test', path: fixture('version') }

const open = (dataDirectory: string): Promise<Served> => serve([FILE], 2, { dataDirectory })

async function ask(server: Served, host: string): Promise<string> {
  const { status, text } = await server.send(host, '/')
  return status === 200 ? text.split(' ', 1)[0]! : `${status}`
}

describe('an app that is deployed', () => {
  test('serves, changes, rolls back and goes, and after a restart it is as it was said', async ({
    expect,
  }) => {
    const directory = toFolder()
    {
      await using server = await open(directory)
      const report = await server.deployed.deploy(toDeploy('a', 'one'))
      expect(report).toMatchObject({ app: 'a', version: 1, previous: undefined, serves: true, changes: [] })
      expect(await ask(server, 'a.test')).toBe('one')
      const second = await server.deployed.deploy(toDeploy('a', 'two'))
      expect(second).toMatchObject({ version: 2, previous: 1, engineChanged: false })
      expect(second.changes).toEqual([{ key: 'env.VERSION' }])
      expect(await ask(server, 'a.test')).toBe('two')
      await server.deployed.deploy(toDeploy('b', 'bee'))
      await server.deployed.deploy(toDeploy('goes', 'x'))
    }
    {
      await using server = await open(directory)
      expect([await ask(server, 'a.test'), await ask(server, 'b.test')]).toEqual(['two', 'bee'])
      expect((await server.deployed.rollBack('a')).version).toBe(1)
      expect(await ask(server, 'a.test')).toBe('one')
      await server.deployed.remove('goes')
      expect(await ask(server, 'goes.test')).toBe('404')
    }
    await using server = await open(directory)
    expect([await ask(server, 'a.test'), await ask(server, 'goes.test')]).toEqual(['one', '404'])
    expect((await server.deployed.versions('a')).map(({ number }) => number)).toEqual([2, 1])
    expect(server.registry.apps.map(({ name, owner }) => [name, owner])).toEqual([
      ['file', 'file'],
      ['a', 'deployed'],
      ['b', 'deployed'],
    ])
  })

  test('is the same version when the same comes again, and a version that waits when that is asked for', async ({
    expect,
  }) => {
    await using server = await open(toFolder())
    await server.deployed.deploy(toDeploy('a', 'one'))
    expect(await server.deployed.deploy(toDeploy('a', 'one'))).toMatchObject({ version: 1, serves: true })
    const idle = await server.deployed.deploy(toDeploy('a', 'two', { percent: 0 }))
    expect(idle).toMatchObject({ version: 2, serves: false })
    expect(await ask(server, 'a.test')).toBe('one')
    await server.deployed.rollBack('a', 2)
    expect(await ask(server, 'a.test')).toBe('two')
    await expect(server.deployed.rollBack('a', 7)).rejects.toThrow('app a has no version 7')
  })

  test('is refused with what is wrong, and nothing has changed', async ({ expect }) => {
    await using server = await open(toFolder())
    await server.deployed.deploy(toDeploy('a', 'one'))
    const refused = async (deploy: NewDeploy): Promise<string> =>
      server.deployed.deploy(deploy).then(
        () => 'served',
        (error: Error & { code: string }) => `${error.code} ${error.message}`,
      )
    expect(await refused(toDeploy('file', 'x', { hostname: 'other.test' }))).toMatch(
      'APP_CONFLICT app file stands in the configuration file; change it there',
    )
    expect(await refused(toDeploy('b', 'x', { hostname: 'file.test' }))).toMatch(
      'APP_CONFLICT the host name file.test is taken',
    )
    expect(await refused(toDeploy('b', 'x', { hostname: 'a.test' }))).toMatch(
      'APP_CONFLICT the host name a.test is taken',
    )
    expect(await refused(toDeploy('a', 'x', { settings: { cpu_ms: 'much' } }))).toMatch(
      /^SETTINGS_INVALID cpu_ms: expected/,
    )
    expect(await refused(toDeploy('a', 'x', { component: Buffer.from('no wasm') }))).toMatch(
      /^COMPONENT_INVALID/,
    )
    expect([await ask(server, 'a.test'), await ask(server, 'file.test')]).toEqual(['one', 'none'])
    expect((await server.deployed.versions('a')).map(({ number }) => number)).toEqual([1])
    await expect(server.deployed.remove('file')).rejects.toThrow('stands in the configuration file')
    await expect(server.deployed.remove('nobody')).rejects.toThrow('there is no app "nobody"')
  })

  test('whose artifact is broken, and whose image is gone, is unavailable after a restart, and the others serve', async ({
    expect,
  }) => {
    const directory = toFolder()
    {
      await using server = await open(directory)
      await server.deployed.deploy(toDeploy('whole', 'w', { component: readFileSync(fixture('version')) }))
      await server.deployed.deploy(toDeploy('broken', 'b', { component: readFileSync(fixture('mirror')) }))
    }
    const files = readdirSync(join(directory, 'blobs'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    // the second is kept as what it has beyond the first
    const small = files.toSorted((a, b) => readFileSync(a).length - readFileSync(b).length)[0]!
    writeFileSync(small, readFileSync(small).subarray(0, 5000))
    await using server = await open(directory)
    const image = JSON.parse(server.deployed.serving('broken')!.active.image!) as KeptImage
    rmSync(new ImageFiles(findOwnCache()).toContentPath(image.image.id))
    expect([await ask(server, 'whole.test'), await ask(server, 'broken.test')]).toEqual(['w', '502'])
    expect(await server.logged('broken', 'ARTIFACT_BROKEN', 'Deploy it again')).toBeDefined()
    await server.deployed.deploy(toDeploy('broken', 'mended'))
    expect(await ask(server, 'broken.test')).toBe('mended')
  })
})
