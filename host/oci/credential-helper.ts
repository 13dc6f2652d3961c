/** A program that keeps credentials, as Docker calls it: `docker-credential-<name> get`, the server's name on its stdin. */

import { spawn } from 'node:child_process'

import { NanoError } from '../errors.ts'
import type { Credentials } from './docker-config.ts'

const MOST_MS = 10_000
const MOST_BYTES = 64 * 1024
const NAME = /^\w[\w.-]{0,63}$/
/** In place of a user's name: what follows is an identity token. */
const TOKEN = '<token>'

/** Undefined: it knows none. Rejects with CONFIG_INVALID when it cannot be asked. */
export async function askHelper(
  name: string,
  server: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Credentials | undefined> {
  if (!NAME.test(name))
    throw refuse('credential helper', `expected the name of one, got ${JSON.stringify(name)}`)
  const program = `docker-credential-${name}`
  const { out, status } = await run(program, `${server}\n`, environment)
  // helpers say on stdout why they have none
  if (status !== 0) {
    if (/credentials not found/i.test(out)) return undefined
    throw refuse(program, `it ended with ${status} for ${server}`)
  }
  let answer: { readonly Username?: unknown; readonly Secret?: unknown }
  try {
    answer = JSON.parse(out) as typeof answer
  } catch {
    throw refuse(program, 'it answered no JSON')
  }
  const { Username: username, Secret: secret } = answer
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') return undefined
  return username === TOKEN
    ? { type: 'identity', token: secret }
    : { type: 'password', username, password: secret }
}

function run(
  program: string,
  input: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly out: string; readonly status: number | string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { env: environment, stdio: ['pipe', 'pipe', 'ignore'] })
    // whoever writes there in its place ends of that
    const stop = (): void => {
      child.kill('SIGKILL')
      child.stdout.destroy()
    }
    const timer = setTimeout(stop, MOST_MS)
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      out = (out + part).slice(0, MOST_BYTES)
      if (out.length === MOST_BYTES) stop()
    })
    child.once('error', ({ message }) => reject(refuse(program, message)))
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ out, status: code ?? signal ?? 'nothing' })
    })
    // one that does not read
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

function refuse(program: string, why: string): NanoError {
  return new NanoError('CONFIG_INVALID', `${program}: ${why}`)
}
