/** Registries that are dead, slow, broken or hostile: each pull ends in a code, bounded, and tells nobody a secret. */

import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import { OwnRegistry, toDigest } from '../../test/harness/own-registry.ts'
import type { Digest } from '../config/oci-reference.ts'
import type { NanoError } from '../errors.ts'
import { signBytes } from './keys.ts'
import { pullApp, resolveArtifact } from './pull.ts'
import { RegistryClient } from './registry-client.ts'
import { addSignature, expectSigned } from './signatures.ts'
import { BUNDLE, toEnvelope } from './statements.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-hostile-registry-'))
afterAll(() => rmSync(folder, { recursive: true }))

type Named = Pick<OwnRegistry, 'name'>

const COMPONENT = 'the component'
const USER = { name: 'somebody', password: 'his:secret' }
const BASIC = `Basic ${Buffer.from(`${USER.name}:${USER.password}`).toString('base64')}`

function toClient(registry: Named, { ms = 5000, hasCredentials = false } = {}): RegistryClient {
  const file = join(folder, 'config.json')
  const auth = Buffer.from(`${USER.name}:${USER.password}`).toString('base64')
  writeFileSync(file, JSON.stringify({ auths: hasCredentials ? { [registry.name]: { auth } } : {} }))
  const reference = { registry: registry.name, repository: 'team/app' }
  return new RegistryClient({ reference, actions: 'pull', signal: AbortSignal.timeout(ms), file })
}

/** The component, or the code and the text of what went wrong. */
async function pull(registry: Named, wanted: { digest?: Digest } = {}, options = {}): Promise<string> {
  await using client = toClient(registry, options)
  const reference = {
    registry: registry.name,
    repository: 'team/app',
    tag: '1',
    digest: wanted.digest,
  }
  try {
    const resolved = await resolveArtifact(client, reference, async () => {})
    return (await pullApp(client, resolved, 'the app')).component.toString()
  } catch (thrown) {
    const { code, message } = thrown as NanoError
    return `${code}: ${message}`
  }
}

const isBlob = ({ path }: { path: string }) => path.includes('/blobs/')
const isManifest = ({ path }: { path: string }) => path.includes('/manifests/')

describe('what it sends', () => {
  const cases: [what: string, prepare: (registry: OwnRegistry) => void, outcome: RegExp][] = [
    ['what was asked for', () => {}, /^the component$/],
    [
      'other bytes of the same length',
      (registry) =>
        (registry.answer = (asked, response) => isBlob(asked) && void response.end('the competent')),
      /^REGISTRY_INVALID: .*expected a blob sha256:.*, got one that is sha256:/,
    ],
    [
      'more than it says',
      (registry) =>
        (registry.answer = (asked, response) => {
          if (!isBlob(asked)) return false
          response.write(COMPONENT)
          response.end(COMPONENT)
          return true
        }),
      /^REGISTRY_INVALID: .*expected 13 bytes for sha256:.*, got more/,
    ],
    [
      'a length that is not that of the manifest',
      (registry) =>
        (registry.answer = (asked, response) => {
          if (!isBlob(asked)) return false
          response.writeHead(200, { 'content-length': 1e9 }).write('x')
          return true
        }),
      /^REGISTRY_INVALID: .*expected 13 bytes for sha256:.*, got 1000000000, as it says/,
    ],
    [
      'a part, and cuts the connection',
      (registry) =>
        (registry.answer = (asked, response) => {
          if (!isBlob(asked)) return false
          response.writeHead(200, { 'content-length': COMPONENT.length }).write('the')
          setTimeout(() => response.destroy(), 10)
          return true
        }),
      /^REGISTRY_UNREACHABLE: /,
    ],
    [
      'a manifest without end',
      (registry) =>
        (registry.answer = (asked, response) => {
          if (!isManifest(asked)) return false
          const more = (): void =>
            void (response.write('x'.repeat(65_536)) ? setImmediate(more) : response.once('drain', more))
          more()
          return true
        }),
      /^REGISTRY_INVALID: .*expected at most 4194304 bytes, got more/,
    ],
    [
      'a manifest with another digest than it says',
      (registry) =>
        (registry.answer = (asked, response) => {
          if (!isManifest(asked)) return false
          response.setHeader('docker-content-digest', toDigest(Buffer.from('another')))
          response.end(registry.manifests.get('1'))
          return true
        }),
      /^REGISTRY_INVALID: .*expected a manifest sha256:/,
    ],
    [
      'no JSON',
      (registry) => registry.manifests.set('1', Buffer.from('<html>')),
      /^ARTIFACT_INVALID: .*expected JSON/,
    ],
    [
      'JSON that is no manifest',
      (registry) => void registry.tag('1', []),
      /^ARTIFACT_INVALID: .*expected a JSON object/,
    ],
    [
      'a manifest of another version',
      (registry) => void registry.putApp('1', COMPONENT, { schemaVersion: 1 }),
      /^ARTIFACT_INVALID: .*version 2, got 1/,
    ],
    [
      'a size that is none',
      (registry) =>
        void registry.putApp('1', COMPONENT, { layers: [{ ...registry.put(COMPONENT), size: -1 }] }),
      /^ARTIFACT_INVALID: .*expected a size in bytes, got -1/,
    ],
    [
      'a digest that leads elsewhere',
      (registry) =>
        void registry.putApp('1', COMPONENT, {
          layers: [{ ...registry.put(COMPONENT), digest: 'sha256:../../x' }],
        }),
      /^ARTIFACT_INVALID: .*expected a digest "sha256:..."/,
    ],
    [
      'a component that is too large',
      (registry) =>
        void registry.putApp('1', COMPONENT, { layers: [{ ...registry.put(COMPONENT), size: 1e9 }] }),
      /^ARTIFACT_INVALID: .*has 1000000000 bytes; at most/,
    ],
    [
      'two components',
      (registry) =>
        void registry.putApp('1', COMPONENT, { layers: [registry.put(COMPONENT), registry.put('b')] }),
      /^ARTIFACT_INVALID: .*with one layer application\/wasm, got .* with 2/,
    ],
    [
      'an image of something else',
      (registry) =>
        void registry.putApp('1', COMPONENT, {
          config: registry.put('{}', 'application/vnd.oci.image.config.v1+json'),
        }),
      /^ARTIFACT_INVALID: .*expected application\/vnd\.wasm\.config\.v0\+json/,
    ],
    [
      'an index with a component among others',
      (registry) => {
        const digest = registry.putApp('wasm', COMPONENT)
        const entry = { mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 1 }
        registry.tag('1', {
          schemaVersion: 2,
          manifests: [
            { ...entry, digest: toDigest(Buffer.from('')), platform: { architecture: 'amd64', os: 'linux' } },
            { ...entry, digest, platform: { architecture: 'wasm', os: 'wasip2' } },
          ],
        })
      },
      /^the component$/,
    ],
    [
      'an index that holds itself, as it were',
      (registry) => {
        const mediaType = 'application/vnd.oci.image.index.v1+json'
        const digest = registry.tag('inner', { schemaVersion: 2, manifests: [] })
        registry.tag('1', { schemaVersion: 2, manifests: [{ mediaType, digest, size: 1 }] })
      },
      /^ARTIFACT_INVALID: .*got an index in an index/,
    ],
    [
      'an index of many',
      (registry) => {
        const entry = { mediaType: 'a/b', digest: toDigest(Buffer.from('')), size: 1 }
        registry.tag('1', { schemaVersion: 2, manifests: Array.from({ length: 30_000 }, () => entry) })
      },
      /^ARTIFACT_INVALID: .*expected at most 25000 descriptors/,
    ],
    [
      'a description that is too large',
      (registry) => {
        const digest = registry.put('x'.repeat(9 * 1024 * 1024)).digest
        registry.putApp('1', COMPONENT, { annotations: { 'dev.nano-workers.app': digest } })
      },
      /^REGISTRY_INVALID: .*expected at most 8388608 bytes/,
    ],
    [
      'a description with files outside of everything',
      (registry) => {
        const assets = { files: { '/../../etc/passwd': { hash: '0'.repeat(64), size: 1 } } }
        const { digest } = registry.put(JSON.stringify({ assets }))
        registry.putApp('1', COMPONENT, { annotations: { 'dev.nano-workers.app': digest } })
      },
      /^ARTIFACT_INVALID: .*expected a path from "\/"/,
    ],
    [
      'a component without what belongs to it',
      (registry) =>
        void registry.putApp('1', COMPONENT, {
          annotations: { 'dev.nano-workers.app': toDigest(Buffer.from('gone')) },
        }),
      /^ARTIFACT_UNKNOWN: .*not all that belongs to it is there: .*oras cp -r/,
    ],
    [
      'nothing under that name',
      (registry) => registry.manifests.clear(),
      /^ARTIFACT_UNKNOWN: .*404 for \/manifests\/1/,
    ],
    [
      'a busy answer, once',
      (registry) => {
        let asked = 0
        registry.answer = (_asked, response) => asked++ === 0 && void response.writeHead(503).end()
      },
      /^the component$/,
    ],
    [
      'busy answers, with words that drive terminals',
      (registry) =>
        (registry.answer = (_asked, response) =>
          void response.writeHead(503).end(JSON.stringify({ errors: [{ message: '\u001b[2Jaway' }] }))),
      /^REGISTRY_UNREACHABLE: .*503 for \/manifests\/1 \("\\u001b\[2Jaway"\)$/,
    ],
    [
      'redirects without end',
      (registry) =>
        (registry.answer = ({ path }, response) => void response.writeHead(307, { location: path }).end()),
      /^REGISTRY_INVALID: .*redirects more than 5 times/,
    ],
    [
      'a redirect to a file',
      (registry) =>
        (registry.answer = (_asked, response) =>
          void response.writeHead(302, { location: 'file:///etc/passwd' }).end()),
      /^REGISTRY_INVALID: .*not http or https/,
    ],
  ]
  test.for(cases)('%s', async ([, prepare, outcome]) => {
    await using registry = await OwnRegistry.start()
    registry.putApp('1', COMPONENT)
    prepare(registry)
    expect(await pull(registry)).toMatch(outcome)
  })

  test('another manifest than the digest of the reference', async () => {
    await using registry = await OwnRegistry.start()
    const digest = registry.putApp('1', COMPONENT)
    registry.manifests.set(digest, Buffer.from('{}'))
    expect(await pull(registry, { digest })).toMatch(/^REGISTRY_INVALID: .*expected a manifest sha256:/)
  })
})

describe('when it does not answer', () => {
  test('nobody there', async () => {
    const registry = await OwnRegistry.start()
    const { name } = registry
    await registry[Symbol.asyncDispose]()
    expect(await pull({ name })).toMatch(/^REGISTRY_UNREACHABLE: .*ECONNREFUSED/)
  })

  test.for(['a head', 'a body'])('%s that never comes', async (what) => {
    await using registry = await OwnRegistry.start()
    registry.putApp('1', COMPONENT)
    registry.answer = (_asked, response) => void (what === 'a body' && response.writeHead(200).write('{'))
    expect(await pull(registry, {}, { ms: 100 })).toMatch(/^REGISTRY_UNREACHABLE: /)
    expect(registry.asked.length).toBe(1)
  })
})

describe('credentials', () => {
  const challenge = (registry: OwnRegistry, text: string): void => {
    registry.answer = ({ authorization }, response) =>
      authorization === BASIC || authorization === 'Bearer a-token'
        ? false
        : void response.writeHead(401, { 'www-authenticate': text }).end()
  }

  test('are shown to who asks for them, and not to where he leads', async () => {
    await using registry = await OwnRegistry.start()
    await using elsewhere = await OwnRegistry.start()
    registry.putApp('1', COMPONENT)
    elsewhere.putApp('1', COMPONENT)
    registry.answer = ({ authorization, path }, response) => {
      if (authorization !== BASIC)
        return void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      if (!path.includes('/blobs/')) return false
      response.writeHead(307, { location: `${elsewhere.url}${path}` }).end()
      return true
    }
    expect(await pull(registry, {}, { hasCredentials: true })).toBe(COMPONENT)
    expect(elsewhere.asked.map(({ authorization }) => authorization)).toEqual([undefined])
    expect(registry.asked.map(({ authorization }) => authorization)).toEqual([undefined, BASIC, BASIC])
  })

  test('are changed for a token where the registry says so', async () => {
    await using registry = await OwnRegistry.start()
    await using tokens = await OwnRegistry.start()
    registry.putApp('1', COMPONENT)
    challenge(
      registry,
      `Bearer realm="${tokens.url}/token?a=b",service="x y",scope="repository:team/app:pull"`,
    )
    tokens.answer = (_asked, response) => void response.end(JSON.stringify({ token: 'a-token' }))
    expect(await pull(registry, {}, { hasCredentials: true })).toBe(COMPONENT)
    const path = '/token?a=b&service=x+y&scope=repository%3Ateam%2Fapp%3Apull'
    expect(tokens.asked).toEqual([{ method: 'GET', path, authorization: BASIC, body: '' }])
  })

  const refused: [what: string, header: string, outcome: RegExp][] = [
    ['nothing that is known', 'Negotiate', /^REGISTRY_DENIED: .*docker login/],
    ['a token from nowhere', 'Bearer service="x"', /^REGISTRY_INVALID: .*does not say whose/],
    ['a token of a file', 'Bearer realm="file:///etc/passwd"', /^REGISTRY_INVALID: /],
  ]
  test.for(refused)('asked for: %s', async ([, header, outcome]) => {
    await using registry = await OwnRegistry.start()
    registry.putApp('1', COMPONENT)
    challenge(registry, header)
    expect(await pull(registry)).toMatch(outcome)
  })

  test('that are wrong are shown once, and never told', async () => {
    await using registry = await OwnRegistry.start()
    registry.answer = (_asked, response) =>
      void response.writeHead(401, { 'www-authenticate': 'Basic' }).end()
    const outcome = await pull(registry, {}, { hasCredentials: true })
    expect(outcome).toMatch(/^REGISTRY_DENIED: /)
    expect(outcome).not.toContain('secret')
    expect(registry.asked.length).toBe(2)
  })

  test('a token that would break the header', async () => {
    await using registry = await OwnRegistry.start()
    await using tokens = await OwnRegistry.start()
    challenge(registry, `Bearer realm="${tokens.url}"`)
    tokens.answer = (_asked, response) => void response.end(JSON.stringify({ token: 'a\r\nx: y' }))
    expect(await pull(registry)).toMatch(/^REGISTRY_INVALID: .*expected a token/)
  })
})

describe('signatures', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ed = generateKeyPairSync('ed25519')
  const toKey = (key: typeof ec.publicKey, file: string) => ({ key, file, fingerprint: file })
  const ours = [toKey(ec.publicKey, 'ours.pub'), toKey(ed.publicKey, 'second.pub')]
  const name = 'the app'

  /** A registry that keeps what is put. */
  const open = async () => {
    const registry = await OwnRegistry.start()
    registry.answer = ({ method, path, body }, response) => {
      const reference = path.split('/').at(-1)!
      if (path.includes('/referrers/')) return void response.writeHead(404).end()
      if (method === 'POST') return void response.writeHead(202, { location: '/upload/' }).end()
      if (method !== 'PUT') return false
      if (path.startsWith('/upload/')) registry.put(body)
      else registry.tag(reference, JSON.parse(body) as object)
      response.writeHead(201).end()
      return true
    }
    return registry
  }
  const verify = async (registry: OwnRegistry, digest: Digest, keys = ours): Promise<string> => {
    await using client = toClient(registry)
    try {
      return (await expectSigned(client, { digest, name }, [keys])).join()
    } catch (thrown) {
      return (thrown as NanoError).code
    }
  }

  test.for([
    ['ours.pub', ec.privateKey],
    ['second.pub', ed.privateKey],
  ] as const)('by one of our keys, beside those of others: %s', async ([file, key]) => {
    await using registry = await open()
    const digest = registry.putApp('1', COMPONENT)
    const other = registry.putApp('2', 'another')
    await using client = toClient(registry)
    await addSignature(client, { digest, name }, generateKeyPairSync('ed25519').privateKey)
    expect(await verify(registry, digest)).toBe('SIGNATURE_REFUSED')
    await addSignature(client, { digest, name }, key)
    // the same again adds nothing
    const before = registry.manifests.get(`${digest.replace(':', '-')}.sig`)
    await addSignature(client, { digest, name }, key)
    expect(registry.manifests.get(`${digest.replace(':', '-')}.sig`)).toEqual(before)
    expect(await verify(registry, digest)).toBe(file)
    expect(await verify(registry, other)).toBe('SIGNATURE_REFUSED')
  })

  /** What cosign writes since its third version. */
  const bundle = (statement: object, key = ec.privateKey): string => {
    const payload = Buffer.from(JSON.stringify(statement))
    const sig = signBytes(toEnvelope(payload), key).toString('base64')
    return JSON.stringify({
      mediaType: BUNDLE,
      verificationMaterial: { publicKey: { hint: '' } },
      dsseEnvelope: {
        payload: payload.toString('base64'),
        payloadType: 'application/vnd.in-toto+json',
        signatures: [{ sig, keyid: '' }],
      },
    })
  }
  const statement = (digest: string, predicateType = 'https://sigstore.dev/cosign/sign/v1') => ({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: digest.replace('sha256:', '') } }],
    predicateType,
    predicate: {},
  })
  const forged = (text: string, digest: string): string => {
    const value = JSON.parse(text) as { dsseEnvelope: { payload: string } }
    value.dsseEnvelope.payload = Buffer.from(JSON.stringify(statement(digest))).toString('base64')
    return JSON.stringify(value)
  }
  const bundles: [what: string, make: (digest: string) => string, outcome: string][] = [
    ['a bundle that signs it', (digest) => bundle(statement(digest)), 'ours.pub'],
    ['of another artifact', () => bundle(statement(`sha256:${'0'.repeat(64)}`)), 'SIGNATURE_REFUSED'],
    ['of somebody else', (digest) => bundle(statement(digest), ed.privateKey), 'SIGNATURE_REFUSED'],
    [
      'that says something else of it',
      (digest) => bundle(statement(digest, 'https://slsa.dev/provenance/v1')),
      'SIGNATURE_REFUSED',
    ],
    [
      'whose statement was exchanged',
      (digest) => forged(bundle(statement('sha256:00')), digest),
      'SIGNATURE_REFUSED',
    ],
    ['that is no JSON', () => 'x', 'SIGNATURE_REFUSED'],
  ]
  test.for(bundles)('%s', async ([, make, outcome]) => {
    await using registry = await open()
    const digest = registry.putApp('1', COMPONENT)
    const layer = registry.put(make(digest), BUNDLE)
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    const signed = registry.tag('signed', { schemaVersion: 2, config: registry.put('{}'), layers: [layer] })
    const entry = { mediaType, digest: signed, size: 1, artifactType: BUNDLE }
    registry.tag(digest.replace(':', '-'), { schemaVersion: 2, manifests: [entry] })
    expect(await verify(registry, digest, ours.slice(0, 1))).toBe(outcome)
  })
})
