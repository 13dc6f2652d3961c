/**
 * Who we are at a registry, where `docker login` and `podman login` put that: a file that the operator names, or
 * `$DOCKER_CONFIG/config.json`, `~/.docker/config.json`, `$REGISTRY_AUTH_FILE` and containers/auth.json, the first that knows
 * the registry. In a file a helper for the registry comes first, then the helper for all, then what stands there itself.
 */

import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

import type { OciReference } from '../config/oci-reference.ts'
import { NanoError } from '../errors.ts'
import { askHelper } from './credential-helper.ts'

export type Credentials =
  | { readonly type: 'password'; readonly username: string; readonly password: string }
  /** Is changed for a token at the registry's token server. */
  | { readonly type: 'identity'; readonly token: string }
  /** Is shown to the registry as it is. */
  | { readonly type: 'bearer'; readonly token: string }

export interface CredentialOptions {
  /** Absolute; undefined: those of Docker and Podman. */
  readonly file?: string | undefined
  readonly environment?: Readonly<Record<string, string | undefined>>
}

const DOCKER_HUB = 'docker.io'
/** What Docker calls its own registry. */
const DOCKER_HUB_KEY = 'index.docker.io'

type Json = Readonly<Record<string, unknown>>

/** Undefined: nobody in particular. Rejects with CONFIG_INVALID, without a word of what is secret. */
export async function findCredentials(
  reference: Pick<OciReference, 'registry' | 'repository'>,
  { file, environment = process.env }: CredentialOptions = {},
): Promise<Credentials | undefined> {
  const files = file === undefined ? toUsualFiles(environment) : [file]
  for (const each of files) {
    const config = readConfig(each, file !== undefined)
    // oxlint-disable-next-line no-await-in-loop -- the first that knows it
    const found = config && (await find(config, reference, environment))
    if (found !== undefined) return found
  }
  return undefined
}

function toUsualFiles(environment: Readonly<Record<string, string | undefined>>): string[] {
  const { DOCKER_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, HOME = homedir() } = environment
  return [
    join(DOCKER_CONFIG || join(HOME, '.docker'), 'config.json'),
    ...(REGISTRY_AUTH_FILE ? [REGISTRY_AUTH_FILE] : []),
    ...(XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, 'containers/auth.json')] : []),
    join(HOME, '.config/containers/auth.json'),
  ]
}

function readConfig(file: string, isNamed: boolean): Json | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (isObject(value)) return value
    throw new Error('it is no JSON object')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' && !isNamed) return undefined
    // what JSON.parse says shows some of the text
    const why = code ?? (cause instanceof SyntaxError ? 'it is no JSON' : (cause as Error).message)
    throw new NanoError('CONFIG_INVALID', `${file}: expected the file that "docker login" writes; ${why}`)
  }
}

async function find(
  { auths, credHelpers, credsStore }: Json,
  reference: Pick<OciReference, 'registry' | 'repository'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Credentials | undefined> {
  const keys = toKeys(reference)
  const helpers = toEntries(credHelpers)
  for (const key of keys) {
    const helper = helpers.get(key)
    // oxlint-disable-next-line no-await-in-loop -- the first that knows it
    const found = typeof helper === 'string' ? await askHelper(helper, key, environment) : undefined
    if (found !== undefined) return found
  }
  if (typeof credsStore === 'string' && credsStore !== '') {
    const server = toServer(reference.registry)
    const found = await askHelper(credsStore, server, environment)
    if (found !== undefined) return found
  }
  const entries = toEntries(auths)
  return keys.map((key) => toCredentials(entries.get(key))).find((each) => each !== undefined)
}

/** From the repository itself, which Podman's file may name, to the registry. */
function toKeys({ registry, repository }: Pick<OciReference, 'registry' | 'repository'>): string[] {
  const parts = repository.split('/')
  const paths = parts.map((_, i) => `${registry}/${parts.slice(0, parts.length - i).join('/')}`)
  return [...paths, registry, ...(registry === DOCKER_HUB ? [DOCKER_HUB_KEY] : [])]
}

/** Older files have URLs for keys. */
function toEntries(value: unknown): Map<string, unknown> {
  return new Map(
    Object.entries(isObject(value) ? value : {}).map(([key, entry]) => [
      key.replace(/^https?:\/\//, '').replace(/\/(?:v1\/?|v2\/?)?$/, ''),
      entry,
    ]),
  )
}

/** As credential stores name it. */
function toServer(registry: string): string {
  return registry === DOCKER_HUB ? `https://${DOCKER_HUB_KEY}/v1/` : registry
}

function toCredentials(entry: unknown): Credentials | undefined {
  if (!isObject(entry)) return undefined
  const { auth, username, password, identitytoken, registrytoken } = entry
  if (isFilled(registrytoken)) return { type: 'bearer', token: registrytoken }
  if (isFilled(identitytoken)) return { type: 'identity', token: identitytoken }
  if (isFilled(username) && isFilled(password)) return { type: 'password', username, password }
  if (!isFilled(auth)) return undefined
  const text = Buffer.from(auth, 'base64').toString('utf8')
  const at = text.indexOf(':')
  if (at < 1) return undefined
  return { type: 'password', username: text.slice(0, at), password: text.slice(at + 1).replace(/\0+$/, '') }
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
