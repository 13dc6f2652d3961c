/**
 * `ClientRequest`: an app's own request, which goes out as a fetch. Redirects are the app's to follow, as in Node.js; a body
 * that was packed has been unpacked by then, so that its headers no longer say it.
 */

import { Buffer } from '../buffer.ts'
import type { Agent } from './agent.ts'
import type { Body } from './body-sink.ts'
import type { HeaderInput } from './header-map.ts'
import { IncomingMessage } from './incoming-message.ts'
import { coded } from './coded.ts'
import { MessageSocket } from './message-socket.ts'
import { OutgoingMessage } from './outgoing-message.ts'

export interface RequestOptions {
  readonly protocol?: string | null
  readonly host?: string | null
  readonly hostname?: string | null
  readonly port?: number | string | null
  readonly path?: string | null
  readonly method?: string
  readonly headers?: HeaderInput
  readonly auth?: string | null
  readonly timeout?: number
  readonly signal?: AbortSignal
  readonly agent?: Agent | false
  readonly defaultPort?: number
}

type Listener = (response: IncomingMessage) => void

const BODILESS = new Set(['GET', 'HEAD'])
/** How the bytes travel is the host's to say. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'expect',
  'upgrade',
  'te',
]

export class ClientRequest extends OutgoingMessage {
  readonly method: string
  readonly protocol: string
  readonly host: string
  readonly path: string
  readonly agent: Agent | false | undefined
  reusedSocket = false
  maxHeadersCount: number | null = null
  aborted = false
  res: IncomingMessage | undefined
  readonly #url: string
  readonly #abort = new AbortController()

  /** `scheme`: of the module, with its colon, for options that name none. */
  constructor(scheme: string, args: readonly unknown[]) {
    const { options, listener } = toOptions(args)
    const protocol = options.protocol ?? scheme
    if (protocol !== 'http:' && protocol !== 'https:')
      throw coded(
        'ERR_INVALID_PROTOCOL',
        new TypeError(`Protocol "${protocol}" not supported. Expected "${scheme}"`),
      )
    const path = options.path ?? '/'
    if (/[^\u0021-\u00FF]/.test(path))
      throw coded('ERR_UNESCAPED_CHARACTERS', new TypeError('Request path contains unescaped characters'))
    super(new MessageSocket({ encrypted: protocol === 'https:' }))
    this.protocol = protocol
    this.path = path
    this.agent = options.agent
    this.method = (options.method ?? 'GET').toUpperCase()
    this.host = stripPort(options.hostname ?? options.host ?? 'localhost')
    const port = options.port ?? options.defaultPort
    const authority = this.host.includes(':') ? `[${this.host}]` : this.host
    this.#url = `${protocol}//${authority}${port === undefined || port === null || port === '' ? '' : `:${port}`}${path}`
    if (options.headers !== undefined) this.map.setAll(options.headers)
    if (options.auth !== undefined && options.auth !== null && !this.hasHeader('authorization'))
      this.setHeader('Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`)
    if (listener !== undefined) this.once('response', listener)
    if (options.timeout !== undefined) this.setTimeout(options.timeout)
    this.#follow(options.signal)
    queueMicrotask(() => this.emit('socket', this.socket))
  }

  abort(): void {
    if (this.aborted) return
    this.aborted = true
    queueMicrotask(() => this.emit('abort'))
    this.destroy()
  }

  setNoDelay(): void {}
  setSocketKeepAlive(): void {}
  onSocket(): void {}

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#abort.abort(error ?? undefined)
    this.res?.destroy(error ?? undefined)
    const isEarly = error === null && this.res === undefined
    const hangUp = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    // oxlint-disable-next-line no-underscore-dangle -- the stream's own
    super._destroy(isEarly ? hangUp : error, done)
  }

  protected override begin(body: Body): void {
    void this.#send(body)
  }

  async #send(body: Body): Promise<void> {
    const headers = this.map.toHeaders()
    for (const name of HOP_BY_HOP) headers.delete(name)
    if (headers.get('host') === new URL(this.#url).host) headers.delete('host')
    const isWhole = !(body instanceof ReadableStream)
    if (isWhole) headers.delete('content-length')
    const content = BODILESS.has(this.method) ? {} : { body, ...(isWhole ? {} : { duplex: 'half' }) }
    try {
      const { signal } = this.#abort
      const response = await fetch(this.#url, {
        method: this.method,
        headers,
        redirect: 'manual',
        signal,
        ...content,
      })
      this.#receive(response)
    } catch (error) {
      if (!this.destroyed) this.destroy(toError(error))
    }
  }

  #receive(response: Response): void {
    if (this.destroyed) return void response.body?.cancel().catch(() => {})
    const message = new IncomingMessage(this.socket)
    const headers = new Headers(response.headers)
    if (headers.has('content-encoding') && response.body !== null)
      for (const name of ['content-encoding', 'content-length']) headers.delete(name)
    message.statusCode = response.status
    message.statusMessage = response.statusText
    message.receive(headers, response.body)
    this.res = message
    message.once('close', () => {
      this.socket.destroy()
      if (!this.destroyed) this.destroy()
    })
    // nobody wants it: what comes is let go, or the connection stays
    if (!this.emit('response', message)) message.resume()
  }

  #follow(signal: AbortSignal | undefined): void {
    if (signal === undefined) return
    const abort = (): void => {
      const error = Object.assign(new Error('The operation was aborted'), {
        name: 'AbortError',
        code: 'ABORT_ERR',
      })
      this.destroy(error)
    }
    if (signal.aborted) queueMicrotask(abort)
    else signal.addEventListener('abort', abort, { once: true })
  }
}

/** `(url, options, listener)`, of which each may be left out. */
function toOptions(args: readonly unknown[]): {
  readonly options: RequestOptions
  readonly listener: Listener | undefined
} {
  const rest = [...args]
  const [first] = rest
  const isUrl = typeof first === 'string' || first instanceof URL
  const from = isUrl ? urlToHttpOptions(first instanceof URL ? first : new URL(first)) : {}
  if (isUrl) rest.shift()
  const listener = rest.find((each) => typeof each === 'function') as Listener | undefined
  const [given] = rest
  const options = typeof given === 'object' && given !== null ? (given as RequestOptions) : {}
  // members may be those of a prototype
  const named = Object.fromEntries(
    NAMES.map((name) => [name, options[name]]).filter(([, value]) => value !== undefined),
  )
  return { options: { ...from, ...named }, listener }
}

const NAMES = [
  'protocol',
  'host',
  'hostname',
  'port',
  'path',
  'method',
  'headers',
  'auth',
  'timeout',
  'signal',
  'agent',
  'defaultPort',
] as const

function urlToHttpOptions(url: URL): RequestOptions {
  const { protocol, hostname, port, pathname, search, username, password } = url
  const auth =
    username === '' ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, path: `${pathname}${search}`, ...auth }
}

/** `host` of options made from a URL may have one. */
const stripPort = (host: string): string => host.replace(/^([^:]+):\d+$/, '$1')

function toError(error: unknown): Error {
  const { message } = error as Error
  const code = /refused/i.test(message) ? 'ECONNREFUSED' : 'ECONNRESET'
  return Object.assign(new Error(message, { cause: error }), { code })
}
