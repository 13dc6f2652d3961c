/**
 * The tokens of the admin API: one of the environment that may do everything, and those of a file, a line each:
 *
 *     # name  token, or its SHA-256 in hex            scopes
 *     ops     sha256:9f86d081884c7d659a2feaa0c55a...  all
 *     ci      n8Qh3XvZr2bYkT5mW1cJ                    deploy:shop,blog
 *     watch   sha256:60303ae22b998861bce3b28f33ee...  read
 *
 * Only hashes are kept. A token that comes is hashed and compared with every one of them, so that how long that takes
 * says nothing about any of them.
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { APP_NAME } from '../../config/config.ts'
import { NanoError } from '../../errors.ts'
import { Access } from './access.ts'
import type { Scopes } from './access.ts'

/** Shorter ones are guessed. */
const MIN_LENGTH = 16
const HASHED = /^sha256:([0-9a-f]{64})$/
const BEARER = /^Bearer +([!-~]+) *$/i

interface Token {
  readonly hash: Uint8Array
  readonly access: Access
}

export interface TokenSource {
  /** Of the environment. */
  readonly token?: string | undefined
  readonly file?: string | undefined
}

export class Tokens {
  readonly #own: readonly Token[]
  #tokens: readonly Token[]

  /** Throws CONFIG_INVALID. */
  constructor({ token = '', file }: TokenSource) {
    this.#own = token === '' ? [] : [toToken('NANO_ADMIN_TOKEN', token, ['all'], 'NANO_ADMIN_TOKEN')]
    this.#tokens = [...this.#own, ...readTokens(file)]
  }

  /** From now on this file says who may do what besides. Throws CONFIG_INVALID; then all is as it was. */
  reread(file: string | undefined): void {
    this.#tokens = [...this.#own, ...readTokens(file)]
  }

  get isEmpty(): boolean {
    return this.#tokens.length === 0
  }

  /** What the bearer of this `Authorization` header may do; undefined: nothing. */
  find(authorization: string): Access | undefined {
    const given = hash(BEARER.exec(authorization)?.[1] ?? '')
    let found: Access | undefined
    for (const token of this.#tokens) if (timingSafeEqual(token.hash, given)) found = token.access
    return found
  }
}

function readTokens(file: string | undefined): Token[] {
  if (file === undefined) return []
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new NanoError('CONFIG_INVALID', `admin.tokens_file: ${file} cannot be read (${code})`, { cause })
  }
  const tokens = text.split('\n').flatMap((line, i) => {
    const [name = '', token = '', ...scopes] = line.replace(/#.*/, '').split(/\s+/).filter(Boolean)
    return name === '' ? [] : [toToken(name, token, scopes, `${file}:${i + 1}`)]
  })
  if (tokens.length === 0) {
    throw new NanoError('CONFIG_INVALID', `${file}: expected at least one token, got none`)
  }
  return tokens
}

function toToken(name: string, token: string, scopes: readonly string[], where: string): Token {
  const fail = (text: string): never => {
    throw new NanoError('CONFIG_INVALID', `${where}: ${text}`)
  }
  const hashed = HASHED.exec(token)?.[1]
  if (hashed === undefined && token.startsWith('sha256:')) {
    fail('expected sha256: and 64 lower-case hex digits, got something else')
  }
  if (hashed === undefined && token.length < MIN_LENGTH) {
    fail(
      `expected a token of at least ${MIN_LENGTH} characters, got ${token.length}; try: openssl rand -hex 32`,
    )
  }
  const bytes = hashed === undefined ? hash(token) : Buffer.from(hashed, 'hex')
  return { hash: bytes, access: new Access(name, toScopes(scopes, fail)) }
}

function toScopes(words: readonly string[], fail: (text: string) => never): Scopes {
  const deploy = new Set<string>()
  if (words.length === 0) fail('expected a scope: read, deploy:<app> or all; got none')
  for (const word of words) {
    const apps = /^deploy:(.+)$/.exec(word)?.[1]?.split(',')
    if (word !== 'read' && word !== 'all' && !apps?.every((app) => APP_NAME.test(app))) {
      fail(`expected a scope: read, deploy:<app>[,<app>] or all; got "${word}"`)
    }
    for (const app of apps ?? []) deploy.add(app)
  }
  return { read: words.includes('read'), all: words.includes('all'), deploy }
}

function hash(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
