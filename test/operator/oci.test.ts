/** Apps of a registry: pushed, pulled, kept, signed, refused; against a real registry. */

import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { parseReference, toReferenceText } from '../../host/config/oci-reference.ts'
import { readPrivateKey } from '../../host/oci/keys.ts'
import { pushApp } from '../../host/oci/push.ts'
import { RegistryClient } from '../../host/oci/registry-client.ts'
import { addSignature } from '../../host/oci/signatures.ts'
import { TOKEN, toAsk } from '../harness/admin.ts'
import { NO_REGISTRY, TestRegistry, toDockerConfig, USER } from '../harness/registry.ts'
import { serveFile } from '../harness/serve-file.ts'
import type { AppSpec } from '../harness/serve.ts'
import { fixture, ROOT } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-oci-'))
const MAIN = join(ROOT, 'host/main.ts')
let component: Uint8Array
let registry: TestRegistry

beforeAll(async () => {
  if (NO_REGISTRY !== undefined) return
  component = readFileSync(fixture('version'))
  registry = await TestRegistry.start({ asks: true })
  writeFileSync(join(folder, 'config.json'), toDockerConfig(registry.name))
  // the server looks there, and so does the command line
  process.env['DOCKER_CONFIG'] = folder
})
afterAll(async () => {
  delete process.env['DOCKER_CONFIG']
  await registry?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

/** Gives what it prints. */
async function nano(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args], { cwd: folder })
  return stdout.trim()
}

function write(name: string, content: string | object): string {
  const file = join(folder, name)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

/** Two files: a private key and its public one. */
function makeKeys(name: string, type: 'ec' | 'ed25519'): { sign: string; verify: string } {
  const options = {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  } as const
  const { publicKey, privateKey } =
    type === 'ec' ? generateKeyPairSync('ec', options) : generateKeyPairSync('ed25519', options)
  return { sign: write(`${name}.pem`, privateKey), verify: write(`${name}.pub`, publicKey) }
}

/** What the command does, within this process. Gives the reference with its digest. */
async function push(repository: string, settings: Record<string, unknown>, sign?: string): Promise<string> {
  const reference = parseReference(`oci://${registry.name}/${repository}`)!
  await using client = new RegistryClient({
    reference,
    actions: 'pull,push',
    signal: AbortSignal.timeout(30_000),
  })
  const artifact = { component, sourceMap: undefined, settings, assets: undefined, created: 0 }
  const readFile = () => component
  const digest = await pushApp(
    client,
    { ...reference, tag: reference.tag! },
    { ...artifact, readFile },
    () => {},
  )
  if (sign !== undefined) await addSignature(client, { digest, name: registry.name }, readPrivateKey(sign))
  return toReferenceText({ ...reference, digest })
}

const toApp = (path: string, more: Partial<AppSpec> = {}): AppSpec => ({
  name: 'shop',
  hostname: 'shop.test',
  path,
  ...more,
})

let servers = 0
const toData = (): string => join(folder, `data-${++servers}`)

describe.skipIf(NO_REGISTRY)(
  `apps of a registry${NO_REGISTRY === undefined ? '' : `, not run: ${NO_REGISTRY}`}`,
  () => {
    test('are served by tag, with what they say of themselves; a restart asks nobody', async ({ expect }) => {
      const pinned = await push('team/version:1', { env: { VERSION: 'of the artifact' }, memory_mb: 512 })
      expect(pinned).toMatch(new RegExp(`^oci://${registry.name}/team/version:1@sha256:[0-9a-f]{64}$`))
      const [path = '', digest = ''] = pinned.split('@')
      const dataDirectory = toData()
      const options = { dataDirectory, adminToken: TOKEN, top: { admin: { port: 0 } } }
      {
        await using served = await serveFile([toApp(path)], options)
        expect((await served.send('shop.test')).text).toContain('of the artifact')
        expect(served.log.join('\n')).toContain(`[shop] ${path} is ${digest}, pulled`)
        expect((await toAsk(served.server)('GET', '/admin/apps/shop')).text).toContain(`"digest":"${digest}"`)
        const logged = served.log.length
        // the same again is nothing
        expect(await served.server.reload()).toMatchObject({ unchanged: ['shop'], failed: [] })
        served.write([toApp(path, { env: { VERSION: 'of nano.json' } })])
        expect(await served.server.reload()).toMatchObject({ changed: ['shop'] })
        expect((await served.send('shop.test')).text).toContain('of nano.json')
        expect(served.log.slice(logged).join('\n')).not.toContain('pulled')
      }
      await registry.end()
      try {
        await using served = await serveFile([toApp(path)], options)
        expect((await served.send('shop.test')).text).toContain('of the artifact')
        // one that was never pulled keeps nobody waiting, and the others are served
        served.write([
          toApp(path),
          toApp(`oci://${registry.name}/team/other:1`, { name: 'other', hostname: 'other.test' }),
        ])
        expect(await served.server.reload()).toMatchObject({
          unchanged: ['shop'],
          failed: [{ app: 'other', code: 'REGISTRY_UNREACHABLE' }],
        })
        expect((await served.send('other.test')).status).toBe(502)
      } finally {
        await registry.start()
      }
    })

    test('have to be signed where the operator demands it; the version before serves on', async ({
      expect,
    }) => {
      const [ours, other] = [makeKeys('ours', 'ec'), makeKeys('other', 'ed25519')]
      const rules = (...keys: string[]) => ({
        oci: { signatures: [{ repository: `${registry.name}/signed/*`, keys }] },
      })
      const build = (VERSION: string, sign?: string) =>
        push(`signed/app:${VERSION}`, { env: { VERSION } }, sign)
      const one = await build('one', ours.sign)
      await build('none')
      await build('foreign', other.sign)
      const path = (tag: string) => `oci://${registry.name}/signed/app:${tag}`
      await using served = await serveFile([toApp(path('one'))], {
        dataDirectory: toData(),
        top: rules(ours.verify),
      })
      const answer = async () => (await served.send('shop.test')).text.split(' ')[0]
      expect(await answer()).toBe('one')
      expect(served.log.join('\n')).toContain('pulled, signed by the key')
      for (const tag of ['none', 'foreign']) {
        served.write([toApp(path(tag))])
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await served.server.reload()).toMatchObject({
          failed: [{ app: 'shop', code: 'SIGNATURE_REFUSED' }],
        })
        // oxlint-disable-next-line no-await-in-loop
        expect(await answer()).toBe('one')
      }
      // signed, but not for this digest: what is in the registry is copied to where the other one's would be
      await copySignature(one, path('none'))
      served.write([toApp(path('none'))])
      expect(await served.server.reload()).toMatchObject({ failed: [{ code: 'SIGNATURE_REFUSED' }] })
      // another key is demanded of what serves, which has been kept
      served.write([toApp(path('foreign'))], rules(other.verify))
      expect(await served.server.reload()).toMatchObject({ changed: ['shop'], failed: [] })
      expect(await answer()).toBe('foreign')
      served.write([toApp(path('foreign'))], rules(ours.verify))
      expect(await served.server.reload()).toMatchObject({ failed: [{ code: 'SIGNATURE_REFUSED' }] })
      expect(await answer()).toBe('foreign')
      // a file of keys that changes is looked at
      copyFileSync(other.verify, ours.verify)
      expect(await served.server.reload()).toMatchObject({ failed: [] })
    })

    test('are what a tag led to once, unless it is followed; a digest can be demanded', async ({
      expect,
    }) => {
      const build = (VERSION: string) => push('team/moving:main', { env: { VERSION } })
      const path = `oci://${registry.name}/team/moving:main`
      const first = await build('one')
      expect(await build('one')).toBe(first)
      const apps = [
        toApp(path),
        { ...toApp(path, { name: 'tail', hostname: 'tail.test' }), follow_tag: true },
      ]
      await using served = await serveFile(apps, { dataDirectory: toData() })
      const answers = async () =>
        (await Promise.all(['shop.test', 'tail.test'].map((host) => served.send(host)))).map(
          ({ text }) => text.split(' ')[0],
        )
      expect(await answers()).toEqual(['one', 'one'])
      await build('two')
      expect(await served.server.reload()).toMatchObject({ changed: ['tail'], unchanged: ['shop'] })
      expect(await answers()).toEqual(['one', 'two'])
      served.write(apps, { oci: { digests: true } })
      await expect(served.server.reload()).rejects.toThrow(
        /apps\[0\]\.path: expected a reference with @sha256:<digest>/,
      )
      served.write([toApp(first)], { oci: { digests: true } })
      expect(await served.server.reload()).toMatchObject({ removed: ['tail'], failed: [] })
      served.write(apps)
      expect(await served.server.reload()).toMatchObject({ added: ['tail'], failed: [] })
      // what it led to before is served while nobody answers
      await registry.end()
      expect(await served.server.reload()).toMatchObject({ unchanged: ['shop', 'tail'], failed: [] })
      expect(served.log.join('\n')).toMatch(/\[tail\] .*ECONNREFUSED.*, which it led to before, is served/)
      await registry.start()
    })

    test('are deployed by a running server, with their files, for a token that may do everything', async ({
      expect,
    }) => {
      const site = write('site/index.html', '<p>of the artifact</p>')
      write('site/deep/page.html', '<p>deep</p>')
      const settings = write('files.json', { env: { VERSION: 'filed' }, egress: { private: true } })
      const to = `oci://${registry.name}/team/files:1`
      const pinned = await nano(
        'push',
        fixture('version'),
        to,
        '--settings',
        settings,
        '--assets',
        join(site, '..'),
      )
      const tokens = write('tokens', `all ${TOKEN} all\nci a-token-for-one-app deploy:files\n`)
      const top = { admin: { port: 0, tokens_file: tokens } }
      await using served = await serveFile([], { dataDirectory: toData(), top })
      const env = (token: string) => ({
        ...process.env,
        NANO_ADMIN_URL: served.server.adminUrl!,
        NANO_ADMIN_TOKEN: token,
      })
      const deploy = (token: string, ...more: string[]) =>
        promisify(execFile)(process.execPath, [MAIN, 'deploy', ...more], { env: env(token) })
      await expect(deploy('a-token-for-one-app', pinned)).rejects.toThrow('FORBIDDEN')
      const { stdout } = await deploy(TOKEN, pinned, '--hostname', 'files.test')
      expect(stdout).toContain('files version 1 serves files.test')
      expect(stdout).toContain(pinned)
      expect((await served.send('files.test', '/deep/page')).text).toBe('<p>deep</p>')
      expect((await served.send('files.test', '/app')).text).toContain('filed')
      const versions = await toAsk(served.server)('GET', '/admin/apps/files/versions')
      expect(JSON.parse(versions.text)).toMatchObject({ versions: [{ version: 1, source: pinned }] })
      // as an app of the file, from what is kept
      served.write([toApp(pinned)])
      expect(await served.server.reload()).toMatchObject({ added: ['shop'], failed: [] })
      expect((await served.send('shop.test', '/')).text).toBe('<p>of the artifact</p>')
      await expect(deploy(TOKEN, `oci://${registry.name}/team/nothing:1`)).rejects.toThrow('ARTIFACT_UNKNOWN')
    })
  },
)

/** Puts the signatures of one artifact where those of another one are looked for. */
async function copySignature(from: string, to: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${USER.name}:${USER.password}`).toString('base64')}`
  const manifests = `${registry.url}/v2/signed/app/manifests`
  const type = 'application/vnd.oci.image.manifest.v1+json'
  const get = (reference: string) =>
    fetch(`${manifests}/${reference}`, { headers: { authorization, accept: type } })
  const toTag = (digest: string) => `${digest.replace(':', '-')}.sig`
  const target = (await get(to.split(':').at(-1)!)).headers.get('docker-content-digest')!
  const body = await (await get(toTag(from.split('@')[1]!))).text()
  const put = await fetch(`${manifests}/${toTag(target)}`, {
    method: 'PUT',
    headers: { authorization, 'content-type': type },
    body,
  })
  if (put.status !== 201) throw new Error(await put.text())
}
