/**
 * One repository of a registry, by the OCI distribution specification. What comes is checked before it is given: manifests and
 * blobs are what their digests say, byte by byte as they come, and no longer than they may be. Rejects with REGISTRY_UNREACHABLE
 * (dead, slow, busy: tried again some times), REGISTRY_DENIED, ARTIFACT_UNKNOWN, REGISTRY_INVALID.
 */

import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Digest, OciReference } from '../config/oci-reference.ts'
import { NanoError } from '../errors.ts'
import { Authorization } from './authorization.ts'
import { parseChallenges } from './challenge.ts'
import { toDigest } from './digest.ts'
import type { CredentialOptions } from './docker-config.ts'
import { MANIFEST_TYPES } from './manifest.ts'
import { invalid, readBody, Transport } from './transport.ts'
import type { Received, Sent } from './transport.ts'

/** As the distribution specification has it. */
const MOST_MANIFEST = 4 * 1024 * 1024
const MOST_ERROR = 64 * 1024
/** Tries, and the pause before the second one. */
const TRIES = 3
const PAUSE_MS = 300
const DOCKER_HUB = { registry: 'docker.io', host: 'registry-1.docker.io', library: 'library/' }

export interface ClientOptions extends CredentialOptions {
  readonly reference: Pick<OciReference, 'registry' | 'repository'>
  readonly actions: 'pull' | 'pull,push'
  /** Registries that are spoken to without encryption, besides those on this machine. */
  readonly insecure?: readonly string[] | undefined
  /** Ends whatever is under way. */
  readonly signal: AbortSignal
}

/** What a blob is called, and how long it is, if somebody says so. */
interface BlobName {
  readonly digest: Digest
  readonly size?: number | undefined
}

export interface Manifest {
  readonly bytes: Buffer
  readonly digest: Digest
}

type Asked = Pick<Sent, 'method' | 'headers' | 'body'>

export class RegistryClient implements AsyncDisposable {
  readonly #base: string
  readonly #name: string
  readonly #transport: Transport
  readonly #authorization: Authorization
  readonly #signal: AbortSignal

  constructor(options: ClientOptions) {
    const { reference, insecure = [], signal } = options
    const { registry, repository } = reference
    const isHub = registry === DOCKER_HUB.registry
    const host = isHub ? DOCKER_HUB.host : registry
    const path = isHub && !repository.includes('/') ? `${DOCKER_HUB.library}${repository}` : repository
    const origin = `${isPlain(registry, insecure) ? 'http' : 'https'}://${host}`
    this.#base = `${origin}/v2/${path}`
    this.#name = `${registry}/${repository}`
    this.#signal = signal
    this.#transport = new Transport(origin)
    this.#authorization = new Authorization({
      ...options,
      reference: { registry, repository: path },
      transport: this.#transport,
    })
  }

  /** What the reference leads to: a tag, or a digest. */
  async manifest(reference: string): Promise<Manifest> {
    return await this.#again(async () => {
      const headers = { accept: MANIFEST_TYPES.join(', ') }
      const answer = await this.#expect(`/manifests/${reference}`, { method: 'GET', headers }, [200])
      const bytes = await readBody(answer, MOST_MANIFEST)
      const digest = toDigest(bytes)
      const said = reference.includes(':') ? reference : answer.headers['docker-content-digest']
      if (said !== undefined && said !== digest)
        throw invalid(this.#name, `expected a manifest ${String(said)}, got one that is ${digest}`)
      return { bytes, digest }
    })
  }

  /** The bytes that have this name. `most`: how many they may be. */
  async blob({ digest, size }: BlobName, most: number): Promise<Buffer> {
    if (size !== undefined && size > most) throw tooLarge(this.#name, digest, size, most)
    return await this.#again(async () => {
      const answer = await this.#expect(`/blobs/${digest}`, { method: 'GET' }, [200])
      return await readChecked(answer, { digest, size, most }, this.#name)
    })
  }

  async hasBlob(digest: Digest): Promise<boolean> {
    return await this.#again(async () => {
      const answer = await this.#send(`${this.#base}/blobs/${digest}`, { method: 'HEAD' })
      await answer.body.dump()
      if (answer.status === 200) return true
      if (answer.status === 404) return false
      throw await this.#toError(answer, `/blobs/${digest}`)
    })
  }

  /** Unless it is there. */
  async putBlob(bytes: Uint8Array): Promise<Digest> {
    const digest = toDigest(bytes)
    if (await this.hasBlob(digest)) return digest
    return await this.#again(async () => {
      const begun = await this.#expect(
        '/blobs/uploads/',
        { method: 'POST', headers: { 'content-length': '0' } },
        [202],
      )
      await begun.body.dump()
      const { location } = begun.headers
      const place = typeof location === 'string' ? URL.parse(location, begun.url) : null
      if (place === null) throw invalid(this.#name, 'it does not say where an upload goes')
      place.searchParams.set('digest', digest)
      const answer = await this.#send(place.href, {
        method: 'PUT',
        headers: { 'content-type': 'application/octet-stream' },
        body: bytes,
      })
      if (answer.status !== 201) throw await this.#toError(answer, '/blobs/uploads/')
      await answer.body.dump()
      return digest
    })
  }

  /** Gives the headers of the answer. */
  async putManifest(reference: string, bytes: Uint8Array, type: string): Promise<Received['headers']> {
    return await this.#again(async () => {
      const asked = { method: 'PUT', headers: { 'content-type': type }, body: bytes } as const
      const answer = await this.#expect(`/manifests/${reference}`, asked, [201, 202])
      await answer.body.dump()
      const said = answer.headers['docker-content-digest']
      if (said !== undefined && said !== toDigest(bytes))
        throw invalid(this.#name, `it keeps the manifest as ${String(said)}, and not as ${toDigest(bytes)}`)
      return answer.headers
    })
  }

  /** What the registry says of artifacts that name this one; undefined: it does not tell of those. */
  async referrers(digest: Digest): Promise<Buffer | undefined> {
    return await this.#again(async () => {
      const answer = await this.#send(`${this.#base}/referrers/${digest}`, { method: 'GET' })
      if (answer.status === 200) return await readBody(answer, MOST_MANIFEST)
      if (answer.status === 401 || answer.status === 403 || answer.status === 429 || answer.status >= 500)
        throw await this.#toError(answer, `/referrers/${digest}`)
      await answer.body.dump()
      return undefined
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]()
  }

  async #expect(path: string, asked: Asked, statuses: readonly number[]): Promise<Received> {
    const answer = await this.#send(`${this.#base}${path}`, asked)
    if (statuses.includes(answer.status)) return answer
    throw await this.#toError(answer, path)
  }

  /** With what the registry wants to see; it says so once. */
  async #send(url: string, asked: Asked): Promise<Received> {
    for (let shown = 0; ; shown++) {
      const { value } = this.#authorization
      const isOwn = new URL(url).origin === new URL(this.#base).origin
      const headers = { ...asked.headers, ...(value === undefined || !isOwn ? {} : { authorization: value }) }
      const sent = { ...asked, url, headers, signal: this.#signal, isLedTo: !isOwn }
      // oxlint-disable-next-line no-await-in-loop -- what comes decides
      const answer = await this.#transport.send(sent)
      if (answer.status !== 401 || shown > 0) return answer
      // oxlint-disable-next-line no-await-in-loop
      await answer.body.dump()
      // oxlint-disable-next-line no-await-in-loop
      await this.#authorization.answer(parseChallenges(answer.headers['www-authenticate']), this.#signal)
    }
  }

  async #toError(answer: Received, path: string): Promise<NanoError> {
    const { status } = answer
    const body = answer.body.bodyUsed ? '' : (await readBody(answer, MOST_ERROR).catch(() => '')).toString()
    const text = `${this.#name}: ${status} for ${path}${toReason(body)}`
    if (status === 401 || status === 403) {
      const next = 'see which credentials are stored for it, and what they may do'
      return new NanoError('REGISTRY_DENIED', `${text}; ${next}`)
    }
    if (status === 404) return new NanoError('ARTIFACT_UNKNOWN', text)
    if (status === 429 || status >= 500) return new NanoError('REGISTRY_UNREACHABLE', text)
    return new NanoError('REGISTRY_INVALID', text)
  }

  /** What may come another time is asked for again. */
  async #again<T>(act: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        return await act()
      } catch (thrown) {
        const mayCome = thrown instanceof NanoError && thrown.code === 'REGISTRY_UNREACHABLE'
        if (!mayCome || tries === TRIES || this.#signal.aborted || isDead(thrown)) throw thrown
        // oxlint-disable-next-line no-await-in-loop
        await sleep(PAUSE_MS * 2 ** (tries - 1))
      }
    }
  }
}

/** Whether nobody is there: asking again tells nothing new. */
function isDead({ cause }: NanoError): boolean {
  const { code = '' } = (cause ?? {}) as NodeJS.ErrnoException
  return ['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT'].includes(code)
}

/** Without encryption: what runs on this machine, and what the operator names. */
function isPlain(registry: string, insecure: readonly string[]): boolean {
  const { hostname } = new URL(`http://${registry}`)
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname) || insecure.includes(registry)
}

/** Bytes with this name, hashed as they come. */
async function readChecked(
  { body, headers }: Received,
  {
    digest,
    size,
    most,
  }: { readonly digest: Digest; readonly size: number | undefined; readonly most: number },
  name: string,
): Promise<Buffer> {
  const fail = (got: string): never => {
    body.destroy()
    throw invalid(name, `expected ${size ?? `at most ${most}`} bytes for ${digest}, got ${got}`)
  }
  const bound = size ?? most
  const said = Number(headers['content-length'] ?? bound)
  if (said > bound || (size !== undefined && said !== size)) fail(`${said}, as it says`)
  const hash = createHash('sha256')
  const parts: Buffer[] = []
  let got = 0
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
      got += part.length
      if (got > bound) fail('more')
      hash.update(part)
      parts.push(part)
    }
  } catch (thrown) {
    if (thrown instanceof NanoError) throw thrown
    throw new NanoError(
      'REGISTRY_UNREACHABLE',
      `${name}: ${(thrown as Error).message} after ${got} bytes of ${digest}`,
      {
        cause: thrown,
      },
    )
  }
  if (size !== undefined && got !== size) fail(`${got}`)
  const found = `sha256:${hash.digest('hex')}`
  if (found !== digest) throw invalid(name, `expected a blob ${digest}, got one that is ${found}`)
  return Buffer.concat(parts)
}

function tooLarge(name: string, digest: Digest, size: number, most: number): NanoError {
  return new NanoError('ARTIFACT_INVALID', `${name}: ${digest} has ${size} bytes; at most ${most} are taken`)
}

/** What a registry says is somebody else's text. */
function toReason(body: string): string {
  try {
    const { errors } = JSON.parse(body) as { errors?: readonly { readonly message?: unknown }[] }
    const message = errors?.[0]?.message
    if (typeof message !== 'string') return ''
    return ` (${JSON.stringify(message.slice(0, 200))})`
  } catch {
    return ''
  }
}
