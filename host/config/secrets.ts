/**
 * Secrets of an app, by where they are: a file, a variable of the host's environment, a credential that systemd gives. They
 * are read when the app is put, and again with each reload, so that what the configuration holds can be shown to anybody.
 */

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

import { NanoError } from '../errors.ts'
import type { Env, EnvValue } from './env.ts'

/** Where a secret is. */
export type SecretSource =
  /** Absolute. */
  { readonly file: string } | { readonly env: string } | { readonly credential: string }

/** By the name that the app's `env` has for it. */
export type Secrets = Readonly<Record<string, SecretSource>>

/** Where systemd lays what a service may read. */
const CREDENTIALS = 'CREDENTIALS_DIRECTORY'
const MOST_BYTES = 64 * 1024

type Environment = Readonly<Record<string, string | undefined>>

/** What the app's `env` gets. Throws CONFIG_INVALID, without a word of what any of them is. */
export function readSecrets(secrets: Secrets, environment: Environment = process.env): Env {
  const entries = Object.entries(secrets).map(([name, source]): [string, EnvValue] => {
    try {
      return [name, { type: 'secret', value: readSecret(source, environment) }]
    } catch (cause) {
      const text = `secret ${name}: ${(cause as Error).message}`
      throw new NanoError('CONFIG_INVALID', text, { cause })
    }
  })
  return Object.fromEntries(entries)
}

/** The files that they are in. */
export function toSecretFiles(secrets: Secrets, environment: Environment = process.env): string[] {
  return Object.values(secrets).flatMap((source) => toFile(source, environment) ?? [])
}

/** Throws an error without a word of what it is. */
export function readSecret(source: SecretSource, environment: Environment = process.env): string {
  if ('env' in source) {
    const value = environment[source.env]
    if (value === undefined) throw new Error(`expected a variable ${source.env} in the environment, got none`)
    return value
  }
  const file = toFile(source, environment)
  if (file === undefined) {
    throw new Error(
      `expected ${CREDENTIALS} in the environment, got none; systemd sets it for a unit with LoadCredential=`,
    )
  }
  return readText(file)
}

function toFile(source: SecretSource, environment: Environment): string | undefined {
  if ('file' in source) return source.file
  const directory = environment[CREDENTIALS]
  if (!('credential' in source) || directory === undefined) return undefined
  return join(directory, basename(source.credential))
}

/** Without the line end that editors put there. */
function readText(file: string): string {
  let descriptor: number
  try {
    // a named pipe would make it wait
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    throw new Error(code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read (${code})`, {
      cause: thrown,
    })
  }
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile()) throw new Error(`expected a file, got something else at ${file}`)
    if (stat.size > MOST_BYTES)
      throw new Error(`expected at most ${MOST_BYTES} bytes, got ${stat.size} in ${file}`)
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(descriptor))
    return text.replace(/\r?\n$/, '')
  } catch (thrown) {
    if (thrown instanceof TypeError) throw new Error(`${file} is not UTF-8 text`, { cause: thrown })
    throw thrown
  } finally {
    closeSync(descriptor)
  }
}
