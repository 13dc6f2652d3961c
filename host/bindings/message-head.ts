/** Heads of requests and responses that a guest passes as texts (wit/wire.wit), checked. Pure. */

import { StorageError } from '../storage/failure.ts'

export interface RequestText {
  readonly method: string
  readonly url: string
  /** Lines (http/header-lines.ts). */
  readonly headers: string
}

export interface ResponseText {
  readonly status: number
  readonly statusText: string
  readonly headers: string
}

/** Method, LF, absolute URL, LF, lines. */
export function splitRequest(bytes: Uint8Array): RequestText {
  const request = splitKey(bytes)
  const { url } = request
  if (!URL.canParse(url)) throw invalid(`expected an absolute URL, got ${JSON.stringify(url.slice(0, 100))}`)
  return request
}

/** The same with any text in place of the URL. */
export function splitKey(bytes: Uint8Array): RequestText {
  const [method, url, headers] = split(bytes)
  return { method, url, headers }
}

/** Status, LF, status text, LF, lines. */
export function splitResponse(bytes: Uint8Array): ResponseText {
  const [code, statusText, headers] = split(bytes)
  const status = Number(code)
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw invalid('expected a status from 200 to 599')
  return { status, statusText, headers }
}

function split(bytes: Uint8Array): [first: string, second: string, rest: string] {
  const text = Buffer.from(bytes).toString()
  const first = text.indexOf('\n')
  const second = text.indexOf('\n', first + 1)
  if (first < 0 || second < 0) throw invalid('expected a head of two lines and headers')
  return [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)]
}

function invalid(message: string): StorageError {
  return new StorageError('STORAGE_INVALID', message)
}
