/**
 * The admin API, asked from where this page came. A token is kept for this tab alone (sessionStorage), and asked for when
 * the server wants one.
 */

import { createParser } from './eventsource-parser.js'

/**
 * @typedef {object} App
 * @property {string} name
 * @property {string} hostname
 * @property {'file' | 'deployed'} owner
 * @property {'opening' | 'serving' | 'unavailable'} state
 * @property {number} [version]
 * @property {Canary} [canary]
 * @property {string} [path]
 * @property {number} live_instances
 * @property {number} memory_bytes
 * @property {number} memory_percent
 * @property {number} requests
 * @property {number} errors
 * @property {number} answers
 * @property {number} server_errors
 * @property {{ bounds_ms: number[], counts: number[] }} answer_times
 */

/** @typedef {{ version: number, percent: number }} Canary another version beside the one that serves */
/** @typedef {{ version: number, percent: number, hostname: string, component: string, created_at: string }} Version */
/** @typedef {App & { versions: Version[], limits: Record<string, number> }} Details */

/**
 * @typedef {object} Report
 * @property {string} app
 * @property {string} hostname
 * @property {number} version
 * @property {number} [previous]
 * @property {number} percent of the clients
 * @property {{ key: string, before?: unknown, now?: unknown }[]} changes
 * @property {string[]} warnings
 * @property {number} component_bytes
 * @property {number} milliseconds
 */

/** @typedef {{ json?: unknown, form?: FormData, headers?: Record<string, string>, signal?: AbortSignal }} Asked */

const KEY = 'nano-admin-token'
/** An event is an entry of the log, which the server bounds far below. */
const MOST_EVENT = 1024 * 1024

/** What the server refused, in its words. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   */
  constructor(status, code, message) {
    super(message)
    this.status = status
    this.code = code
  }
}

export class Api {
  /** @type {(reason: string) => Promise<string | undefined>} */
  #askToken
  /** @type {Promise<string | undefined> | undefined} */
  #asking
  /** Whoever was asked for a token has none. */
  #isDismissed = false

  /** @param {(reason: string) => Promise<string | undefined>} askToken asks whoever sits there; undefined: he has none */
  constructor(askToken) {
    this.#askToken = askToken
  }

  get hasToken() {
    return sessionStorage.getItem(KEY) !== null
  }

  /** @param {string | undefined} token */
  set token(token) {
    this.#isDismissed = false
    if (token === undefined) sessionStorage.removeItem(KEY)
    else sessionStorage.setItem(KEY, token)
  }

  /**
   * The answer's JSON.
   *
   * @param {string} method
   * @param {string} path
   * @param {Asked} [asked]
   */
  async ask(method, path, asked) {
    const answer = await this.#send(method, path, asked)
    return { body: await answer.json(), etag: answer.headers.get('etag') }
  }

  /**
   * Events until the stream ends.
   *
   * @param {string} path
   * @param {{ lastId: string | undefined, signal: AbortSignal }} options
   * @param {(event: { id?: string | undefined, event?: string | undefined, data: string }) => void} onEvent
   * @param {() => void} onOpen
   */
  async follow(path, { lastId, signal }, onEvent, onOpen) {
    const headers = lastId === undefined ? {} : { 'Last-Event-ID': lastId }
    const answer = await this.#send('GET', path, { headers, signal })
    const parser = createParser({ onEvent, maxBufferSize: MOST_EVENT })
    onOpen()
    const text = answer.body?.pipeThrough(new TextDecoderStream()) ?? []
    for await (const part of text) parser.feed(part)
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {Asked} [asked]
   * @returns {Promise<Response>}
   */
  async #send(method, path, asked = {}) {
    const { json, form, headers = {}, signal = null } = asked
    const token = sessionStorage.getItem(KEY)
    const answer = await fetch(path, {
      method,
      headers: {
        ...headers,
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      },
      body: form ?? (json === undefined ? null : JSON.stringify(json)),
      signal,
    })
    if (answer.ok) return answer
    const error = await toError(answer)
    if (error.status !== 401) throw error
    // another one may have been given meanwhile
    if (token === sessionStorage.getItem(KEY) && !(await this.#takeToken(error.message))) throw error
    return await this.#send(method, path, asked)
  }

  /** @param {string} reason */
  async #takeToken(reason) {
    if (this.#isDismissed) return false
    this.#asking ??= this.#askToken(reason).finally(() => (this.#asking = undefined))
    const token = await this.#asking
    if (token === undefined) this.#isDismissed = true
    else this.token = token
    return token !== undefined
  }
}

/** @param {Response} answer */
async function toError(answer) {
  try {
    const { error } = await answer.json()
    return new ApiError(answer.status, String(error.code), String(error.message))
  } catch {
    return new ApiError(answer.status, '', `the server answers ${answer.status}`)
  }
}

/** @param {string} app */
export function toPath(app) {
  return `/admin/apps/${encodeURIComponent(app)}`
}
