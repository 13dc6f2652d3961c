/** A registry within the test, which does what a test says: as much of the specification as pulls need, and lies. */

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What was asked. */
export interface AskedFor {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: string
}

/** Gives false when the registry is to answer itself. */
type Answer = (asked: AskedFor, response: ServerResponse) => boolean | void

export class OwnRegistry implements AsyncDisposable {
  /** By digest, or tag. */
  readonly manifests = new Map<string, Buffer>()
  readonly blobs = new Map<string, Buffer>()
  readonly asked: AskedFor[] = []
  /** Comes first. */
  answer: Answer = () => false
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  static async start(): Promise<OwnRegistry> {
    const registry = new OwnRegistry()
    registry.#server.listen(0, '127.0.0.1')
    await once(registry.#server, 'listening')
    return registry
  }

  /** As references name it. */
  get name(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get url(): string {
    return `http://${this.name}`
  }

  /** Gives its descriptor. */
  put(bytes: Buffer | string, mediaType = 'application/wasm') {
    const content = Buffer.from(bytes)
    const digest = toDigest(content)
    this.blobs.set(digest, content)
    return { mediaType, digest, size: content.length }
  }

  /** Gives its digest. */
  tag(tag: string, manifest: object): `sha256:${string}` {
    const bytes = Buffer.from(JSON.stringify(manifest))
    const digest = toDigest(bytes)
    this.manifests.set(digest, bytes)
    this.manifests.set(tag, bytes)
    return digest
  }

  /** A component under a tag, whatever it is. `more`: over the manifest's own. */
  putApp(tag: string, component: Buffer | string, more: object = {}): `sha256:${string}` {
    return this.tag(tag, {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: this.put('{}', 'application/vnd.wasm.config.v0+json'),
      layers: [this.put(component)],
      ...more,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    const { method = '', url: path = '', headers } = request
    const { authorization } = headers
    const asked = { method, path, authorization, body: Buffer.concat(parts).toString() }
    this.asked.push(asked)
    if (this.answer(asked, response) !== false) return
    const [, kind = '', name = ''] = /\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? []
    const found = (kind === 'blobs' ? this.blobs : this.manifests).get(name)
    response.writeHead(found === undefined ? 404 : 200).end(found)
  }
}

export function toDigest(bytes: Buffer): `sha256:${string}` {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
