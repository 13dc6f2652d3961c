/** The files of a version that is deployed, as whoever deploys says them: names and hashes, without bytes. Checked here. */

import { NanoError } from '../errors.ts'
import { MOST } from './manifest.ts'

export interface NewAssets {
  /** By path: `/index.html`. */
  readonly files: Readonly<Record<string, { readonly hash: string; readonly size: number }>>
  /** Text of `_headers` and `_redirects`. */
  readonly headers: string
  readonly redirects: string
}

const HASH = /^[0-9a-f]{64}$/
/** Of each of the two texts. */
const MOST_TEXT = 256 * 1024

/** JSON to a manifest. Throws ASSETS_INVALID. */
export function parseNewAssets(text: string): NewAssets {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    return fail(`expected JSON; ${(cause as Error).message}`)
  }
  const { files, headers = '', redirects = '' } = (value ?? {}) as Record<string, unknown>
  if (typeof files !== 'object' || files === null || Array.isArray(files))
    return fail('expected an object "files"')
  if (typeof headers !== 'string' || typeof redirects !== 'string')
    return fail('expected texts "headers" and "redirects"')
  if (Math.max(headers.length, redirects.length) > MOST_TEXT) {
    return fail(`expected _headers and _redirects of at most ${MOST_TEXT} characters`)
  }
  const entries = Object.entries(files as Record<string, unknown>)
  let total = 0
  const checked = entries.map(([path, file]): [string, { hash: string; size: number }] => {
    const { hash, size } = (file ?? {}) as Record<string, unknown>
    if (!isPath(path))
      fail(`expected a path from "/" without "//", "." and "..", got ${JSON.stringify(path.slice(0, 100))}`)
    if (typeof hash !== 'string' || !HASH.test(hash)) fail(`${path}: expected a "hash" of 64 hex digits`)
    if (!Number.isInteger(size) || Number(size) < 0) fail(`${path}: expected a "size" in bytes`)
    expectMost(path, Number(size), (total += Number(size)))
    return [path, { hash, size: Number(size) }]
  })
  if (entries.length > MOST.files) fail(`expected at most ${MOST.files} files, got ${entries.length}`)
  return { files: Object.fromEntries(checked), headers, redirects }
}

function isPath(path: string): boolean {
  const [first, ...segments] = path.split('/')
  return first === '' && segments.length > 0 && segments.every((each) => !['', '.', '..'].includes(each))
}

function expectMost(path: string, size: number, total: number): void {
  if (path.length > MOST.pathLength)
    fail(`expected paths of at most ${MOST.pathLength} characters, got ${path.length}`)
  if (size > MOST.fileBytes) fail(`${path}: expected a file of at most ${MOST.fileBytes} bytes, got ${size}`)
  if (total > MOST.totalBytes) fail(`expected at most ${MOST.totalBytes} bytes in all files, got more`)
}

function fail(text: string): never {
  throw new NanoError('ASSETS_INVALID', `assets: ${text}`)
}
