/**
 * What ids of Durable Objects are made with: random bytes in a file beside the data of bindings, for who loses them finds none of the
 * objects again. It is written when the first app comes that has a class.
 */

import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { placeFile } from '../artifacts/place-file.ts'
import type { Env } from '../config/env.ts'
import { NanoError } from '../errors.ts'

const FILE = 'durable.key'
const LENGTH = 32

export class DurableSecret {
  readonly bytes: Uint8Array
  readonly #directory: string
  #isKept: boolean

  /** Throws STORAGE_FAILED for a file that is none. */
  constructor(directory: string) {
    this.#directory = directory
    const found = read(join(directory, FILE))
    this.#isKept = found !== undefined
    this.bytes = found ?? randomBytes(LENGTH)
  }

  /** For an app with this `env`: if it has objects, as `keep`. */
  keepFor(env: Env = {}): void {
    const members = Object.values(env)
    if (members.some((member) => member.type === 'binding' && member.kind === 'durable')) this.keep()
  }

  /** It is on the disk when this returns. Throws STORAGE_FAILED. */
  keep(): void {
    if (this.#isKept) return
    const root = this.#directory
    mkdirSync(root, { recursive: true, mode: 0o700 })
    placeFile({ root, path: join(root, FILE), drafts: root }, [this.bytes])
    this.#isKept = true
  }
}

function read(path: string): Uint8Array | undefined {
  let bytes
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new NanoError('STORAGE_FAILED', `${path}: ${message}`, { cause })
  }
  if (bytes.length === LENGTH) return bytes
  throw new NanoError(
    'STORAGE_FAILED',
    `${path}: expected ${LENGTH} bytes, got ${bytes.length}; restore it from a backup, for with others no Durable Object is found again`,
  )
}
