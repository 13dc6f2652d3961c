/**
 * The admin API of a running server, as commands ask it: where it is and with which token stands in the environment
 * (NANO_ADMIN_URL, NANO_ADMIN_TOKEN), or a fleet itself. What the server refuses is thrown with its code and its words.
 */

import { request as startHttp } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { request as startHttps } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { DEFAULT_ADMIN } from '../config/config.ts'
import { isErrorCode, NanoError } from '../errors.ts'
import type { DirectFleet } from './direct-fleet.ts'
import { usage } from './usage.ts'

const URL_NAME = 'NANO_ADMIN_URL'
const TOKEN_NAME = 'NANO_ADMIN_TOKEN'
const UNIX = 'unix:'
/** A fleet, without a host of it: direct-fleet.ts. */
const FLEET = 'fleet:'

const LOCAL = new URL('http://localhost')

/** What is sent. */
export interface Asked {
  readonly json?: unknown
  readonly form?: FormData
  readonly bytes?: Uint8Array
  readonly headers?: OutgoingHttpHeaders
  /** Bytes of the body that have gone so far. */
  readonly onSent?: (bytes: number) => void
}

interface Sending extends Asked {
  readonly direct?: DirectFleet
}

interface Place {
  readonly token?: string | undefined
  /** Of requests; of a Unix socket only the path counts. */
  readonly url: URL
  readonly socketPath?: string
}

export class AdminClient {
  readonly #text: string
  readonly #place: Place
  /** Of what goes to a fleet directly. */
  #folder: string | undefined

  /** Throws USAGE for an address that is none. */
  constructor(env: NodeJS.ProcessEnv = process.env) {
    this.#text = env[URL_NAME] || `http://${DEFAULT_ADMIN.host}:${DEFAULT_ADMIN.port}`
    const token = env[TOKEN_NAME] || undefined
    this.#place = this.#text.startsWith(FLEET) ? { url: LOCAL } : { ...toPlace(this.#text), token }
  }

  /** The answer's JSON. */
  async ask<Answer>(method: string, path: string, asked: Asked = {}): Promise<Answer> {
    await using direct = await this.#openDirect()
    const answer = await this.#reach(method, path, { ...asked, ...(direct && { direct }) })
    const body = await readJson(answer)
    const { statusCode: status = 0 } = answer
    if (body !== undefined && status < 400) return body as Answer
    throw toRefusal(status, body, this.#text)
  }

  /** An answer that goes on: its body is the caller's to read or to destroy. */
  async follow(path: string, headers: OutgoingHttpHeaders): Promise<IncomingMessage> {
    const answer = await this.#reach('GET', path, { headers })
    const { statusCode: status = 0 } = answer
    if (status === 200) return answer
    throw toRefusal(status, await readJson(answer), this.#text)
  }

  /** A fleet's own agreement, for one question; undefined: a server is asked. */
  async #openDirect(): Promise<DirectFleet | undefined> {
    if (!this.#text.startsWith(FLEET)) return undefined
    const { makeFolder, openDirectFleet } = await import('./direct-fleet.ts')
    return await openDirectFleet(this.#text.slice(FLEET.length), (this.#folder ??= makeFolder()))
  }

  async #reach(method: string, path: string, asked: Sending): Promise<IncomingMessage> {
    try {
      return await this.#send(method, path, asked)
    } catch (thrown) {
      const { code, message } = thrown as NodeJS.ErrnoException
      const text = `no server answers at ${this.#text} (${code ?? message}); see ${URL_NAME}`
      throw new NanoError('SERVER_UNREACHABLE', text, { cause: thrown })
    }
  }

  #send(
    method: string,
    path: string,
    { json, form, bytes, headers: more, onSent, direct }: Sending,
  ): Promise<IncomingMessage> {
    const { url, socketPath, token }: Place = { ...this.#place, ...direct }
    const body = form === undefined ? undefined : new Response(form)
    const own = bytes === undefined ? 'application/json' : 'application/octet-stream'
    const type = json === undefined && bytes === undefined ? body?.headers.get('content-type') : own
    const headers: OutgoingHttpHeaders = {
      ...more,
      ...(type == null ? {} : { 'content-type': type }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }
    const start = url.protocol === 'https:' ? startHttps : startHttp
    return new Promise((resolve, reject) => {
      const options = { method, headers, ...(socketPath === undefined ? {} : { socketPath }) }
      const request = start(new URL(path, url), options, resolve)
      request.on('error', reject)
      if (bytes !== undefined) request.end(bytes)
      else if (body?.body == null) request.end(json === undefined ? undefined : JSON.stringify(json))
      // a server that refuses does not read to the end; its answer says why
      else pipeline(count(Readable.fromWeb(body.body), onSent), request).catch(() => undefined)
    })
  }
}

async function* count(body: Readable, onSent: Asked['onSent']): AsyncGenerator<Uint8Array> {
  let sent = 0
  for await (const part of body as AsyncIterable<Uint8Array>) {
    yield part
    sent += part.length
    onSent?.(sent)
  }
}

function toPlace(text: string): Place {
  if (text.startsWith(UNIX)) {
    return { url: LOCAL, socketPath: text.slice(UNIX.length) }
  }
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw usage(
      `${URL_NAME}: expected http://<host>:<port>, https://..., unix:<path> or fleet:<nano.json>, got "${text}"`,
    )
  }
  return { url }
}

function toRefusal(status: number, body: unknown, where: string): NanoError {
  const { code, message } =
    (body as { error?: { code?: unknown; message?: unknown } } | undefined)?.error ?? {}
  if (typeof code !== 'string' || typeof message !== 'string' || !isErrorCode(code)) {
    return new NanoError(
      'SERVER_UNREACHABLE',
      `${where} answers ${status}, but not as NANO does; see ${URL_NAME}`,
    )
  }
  return new NanoError(code, code === 'UNAUTHORIZED' ? `${message} (${TOKEN_NAME} of this shell)` : message)
}

async function readJson(answer: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  for await (const part of answer as AsyncIterable<Buffer>) parts.push(part)
  try {
    return JSON.parse(Buffer.concat(parts).toString()) as unknown
  } catch {
    return undefined
  }
}
