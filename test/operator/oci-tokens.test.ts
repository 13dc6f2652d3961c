/** A registry that wants tokens, and whoever gives them: pushed and pulled with a password, an identity token, and nothing. */

import { randomUUID, sign, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { parseReference, toReferenceText } from '../../host/config/oci-reference.ts'
import { Registries } from '../../host/deploy/pull-artifact.ts'
import { pushApp } from '../../host/oci/push.ts'
import { RegistryClient } from '../../host/oci/registry-client.ts'
import { makeCertificate, NO_OPENSSL } from '../harness/certificate.ts'
import { OwnRegistry } from '../harness/own-registry.ts'
import { NO_REGISTRY, TestRegistry, USER } from '../harness/registry.ts'
import { fixture } from '../harness/serve.ts'

const WHY_NOT = NO_REGISTRY ?? NO_OPENSSL
const SERVICE = 'registry of the tests'
const IDENTITY = 'an identity token'

const folder = mkdtempSync(join(tmpdir(), 'nano-oci-tokens-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What a token server signs. */
function toToken(files: { cert: string; key: string }, scope: string | null, subject: string): string {
  const x5c = [new X509Certificate(readFileSync(files.cert)).raw.toString('base64')]
  const now = Math.floor(Date.now() / 1000)
  const [type, name, actions = ''] = scope?.split(':') ?? []
  const access = type === undefined ? [] : [{ type, name, actions: actions.split(',') }]
  const claims = {
    iss: 'tests',
    sub: subject,
    aud: SERVICE,
    exp: now + 60,
    nbf: now - 10,
    iat: now,
    jti: randomUUID(),
    access,
  }
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${encode({ typ: 'JWT', alg: 'ES256', x5c })}.${encode(claims)}`
  const key = { key: readFileSync(files.key), dsaEncoding: 'ieee-p1363' } as const
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

describe.skipIf(WHY_NOT)(
  `a registry that wants tokens${WHY_NOT === undefined ? '' : `, not run: ${WHY_NOT}`}`,
  () => {
    test('gets those of its token server: to push with credentials, to pull without', async ({ expect }) => {
      const files = makeCertificate(folder, 'tokens', ['tokens.test'])
      await using tokens = await OwnRegistry.start()
      const who: string[] = []
      tokens.answer = ({ method, path, authorization, body }, response) => {
        const query = new URLSearchParams(method === 'POST' ? body : path.split('?')[1])
        const basic = `Basic ${Buffer.from(`${USER.name}:${USER.password}`).toString('base64')}`
        const isKnown = authorization === basic || query.get('refresh_token') === IDENTITY
        const scope = query.get('scope') ?? ''
        who.push(
          `${method} ${isKnown ? 'known' : 'unknown'} ${(scope.split(':').at(-1) ?? '').split(',').sort().join()} for ${query.get('service')}`,
        )
        // whoever is unknown may read
        const granted = isKnown ? scope : scope.replace(/[^:]*$/, 'pull')
        response.end(JSON.stringify({ access_token: toToken(files, granted, isKnown ? USER.name : '') }))
      }
      await using registry = await TestRegistry.start({
        tokens: { realm: `${tokens.url}/token`, service: SERVICE, issuer: 'tests', cert: files.cert },
      })
      const reference = parseReference(`oci://${registry.name}/team/app:1`)!
      const component = readFileSync(fixture('version'))
      const artifact = {
        component,
        sourceMap: undefined,
        settings: { env: {} },
        assets: undefined,
        created: 0,
      }
      const push = async (entry: object) => {
        const file = join(folder, 'config.json')
        writeFileSync(file, JSON.stringify({ auths: { [registry.name]: entry } }))
        const signal = AbortSignal.timeout(30_000)
        await using client = new RegistryClient({ reference, actions: 'pull,push', signal, file })
        return await pushApp(
          client,
          { ...reference, tag: '1' },
          { ...artifact, readFile: () => component },
          () => {},
        )
      }
      await expect(push({})).rejects.toMatchObject({ code: 'REGISTRY_DENIED' })
      const auth = Buffer.from(`${USER.name}:${USER.password}`).toString('base64')
      const digest = await push({ auth })
      expect(await push({ identitytoken: IDENTITY })).toBe(digest)
      const nobody = join(folder, 'nobody.json')
      writeFileSync(nobody, '{}')
      const pulled = await new Registries().pull(
        { ...reference, digest },
        { settings: { credentialsFile: nobody }, files: undefined },
      )
      expect(pulled.component.equals(component)).toBe(true)
      expect(toReferenceText({ ...reference, digest: pulled.digest })).toContain(digest)
      expect(new Set(who)).toEqual(
        new Set([
          `GET unknown pull for ${SERVICE}`,
          `GET unknown pull,push for ${SERVICE}`,
          `GET known pull for ${SERVICE}`,
          `GET known pull,push for ${SERVICE}`,
          `POST known pull for ${SERVICE}`,
          `POST known pull,push for ${SERVICE}`,
        ]),
      )
    })
  },
)
