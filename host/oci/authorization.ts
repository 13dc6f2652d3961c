/**
 * What a registry is shown: nothing at first, then what it asks for (the token flow of the distribution project, or Basic).
 *
 *     unknown  --401 with Bearer: a token of its token server-->  a token, for so long as the registry takes it
 *              --401 with Basic: name and password-->  the same, each time
 *              --401 without either, or again: REGISTRY_DENIED
 */

import { NanoError } from '../errors.ts'
import type { Challenge } from './challenge.ts'
import { findCredentials } from './docker-config.ts'
import type { CredentialOptions, Credentials } from './docker-config.ts'
import { invalid, readBody } from './transport.ts'
import type { Transport } from './transport.ts'
import type { OciReference } from '../config/oci-reference.ts'

const MOST_TOKEN_ANSWER = 1024 * 1024
const CLIENT_ID = 'nano-workers'

export interface AuthorizationOptions extends CredentialOptions {
  readonly reference: Pick<OciReference, 'registry' | 'repository'>
  readonly transport: Transport
  /** What it is for. */
  readonly actions: 'pull' | 'pull,push'
}

export class Authorization {
  readonly #options: AuthorizationOptions
  #credentials: Promise<Credentials | undefined> | undefined
  /** A header's value. */
  value: string | undefined

  constructor(options: AuthorizationOptions) {
    this.#options = options
  }

  /** Get what these ask for. Rejects with REGISTRY_DENIED when there is nothing else to show. */
  async answer(challenges: readonly Challenge[], signal: AbortSignal): Promise<void> {
    const { registry } = this.#options.reference
    this.#credentials ??= findCredentials(this.#options.reference, this.#options)
    const credentials = await this.#credentials
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
    const next =
      bearer === undefined
        ? toBasic(challenges, credentials)
        : await this.#toBearer(bearer, credentials, signal)
    if (next !== undefined && next !== this.value) {
      this.value = next
      return
    }
    throw new NanoError('REGISTRY_DENIED', toDenied(registry, credentials))
  }

  async #toBearer(
    { parameters }: Challenge,
    credentials: Credentials | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const { reference, transport, actions } = this.#options
    const { registry, repository } = reference
    if (credentials?.type === 'bearer') return `Bearer ${credentials.token}`
    const realm = URL.parse(parameters['realm'] ?? '')
    if (realm === null || !['http:', 'https:'].includes(realm.protocol)) {
      throw invalid(registry, 'it asks for a token and does not say whose')
    }
    const { service } = parameters
    const scope = parameters['scope'] ?? `repository:${repository}:${actions}`
    const asked = { ...(service === undefined ? {} : { service }), scope }
    const answer = await transport.send(
      credentials?.type === 'identity'
        ? {
            method: 'POST',
            url: realm.href,
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: new URLSearchParams({
              ...asked,
              client_id: CLIENT_ID,
              grant_type: 'refresh_token',
              refresh_token: credentials.token,
            }).toString(),
            signal,
            isLedTo: true,
          }
        : {
            method: 'GET',
            url: withQuery(realm, asked),
            headers: credentials === undefined ? {} : { authorization: toBasicText(credentials) },
            signal,
            isLedTo: true,
          },
    )
    const body = await readBody(answer, MOST_TOKEN_ANSWER)
    if (answer.status === 401 || answer.status === 403) {
      throw new NanoError('REGISTRY_DENIED', toDenied(registry, credentials))
    }
    if (answer.status >= 500 || answer.status === 429) {
      throw new NanoError(
        'REGISTRY_UNREACHABLE',
        `${realm.host}: it answers ${answer.status} to who asks for a token`,
      )
    }
    return `Bearer ${toToken(body, realm.host)}`
  }
}

function withQuery(realm: URL, asked: Readonly<Record<string, string>>): string {
  const url = new URL(realm)
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
  return url.href
}

function toToken(body: Buffer, host: string): string {
  try {
    const { token, access_token: accessToken } = JSON.parse(body.toString()) as Record<string, unknown>
    const found = token || accessToken
    // it goes into a header
    if (typeof found === 'string' && /^[\x21-\x7e]+$/.test(found)) return found
  } catch {
    // told below
  }
  throw invalid(host, 'expected a token, got something else')
}

function toBasic(challenges: readonly Challenge[], credentials: Credentials | undefined): string | undefined {
  const isAsked = challenges.some(({ scheme }) => scheme === 'basic')
  return isAsked && credentials?.type === 'password' ? toBasicText(credentials) : undefined
}

function toBasicText(credentials: Credentials): string {
  if (credentials.type !== 'password') return ''
  const { username, password } = credentials
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function toDenied(registry: string, credentials: Credentials | undefined): string {
  if (credentials === undefined) {
    return `${registry}: expected credentials for it, got none; "docker login ${registry}" stores them`
  }
  const who = credentials.type === 'password' ? `${credentials.username} ` : ''
  return `${registry}: it does not let ${who}do this with the credentials that are stored; "docker login ${registry}" stores others`
}
