/**
 * The files of one version of an app, as requests meet them: which of them a request means, and the head of its answer. What
 * a path leads to is looked up among the names of the manifest, so none leads out of it. Reading is `file-reader.ts`'s.
 *
 *     path decoded > _redirects [3xx, another path] > file of the path [307: its other spelling] > the page for what is missing
 */

import { hash as digest } from 'node:crypto'

import mime from 'mime'

import { chooseCoding } from '../http/accept-encoding.ts'
import { select, toContentRange } from '../http/conditional.ts'
import type { Selection } from '../http/conditional.ts'
import type { HeaderOf } from '../http/header-values.ts'
import { toHeaderLines } from '../http/header-lines.ts'
import { applyHeaderRules, parseHeaderRules } from './header-rules.ts'
import type { HeaderRules } from './header-rules.ts'
import { CODINGS, readManifest } from './manifest.ts'
import type { Asset, AssetFile, AssetManifest, AssetSettings, Coding, SharedManifest } from './manifest.ts'
import { findRedirect, parseRedirectRules } from './redirect-rules.ts'
import type { RedirectRules } from './redirect-rules.ts'
import { resolveMissing, resolvePath } from './resolve.ts'
import type { Resolved } from './resolve.ts'
import { toOrder } from './run-first.ts'

/** What an app's files are, and how they are given. */
export interface AssetSet {
  readonly manifest: SharedManifest
  readonly settings: AssetSettings
}

export interface AssetRequest {
  readonly method: string
  /** Absolute. */
  readonly url: string
  readonly header: HeaderOf
}

/** An answer without its body. */
export interface AssetAnswer {
  readonly status: number
  /** Lines (http/header-lines.ts); the length of the body is among them. */
  readonly headers: string
  /** Undefined: there is no body, or none that is sent. */
  readonly body?: AssetBody
}

/** A part of a file. */
export interface AssetBody extends AssetFile {
  readonly start: number
  readonly end: number
}

interface Place {
  readonly host: string
  /** Encoded, as it was asked for. */
  readonly path: string
}

const REVALIDATE = 'public, max-age=0, must-revalidate'
const DEFAULT_TYPE = 'application/octet-stream'
const ETAG_DIGITS = 32
/** What `URL` would write in another way, dot segments among it. */
const UNUSUAL = /[^A-Za-z0-9\-._~!$&'()*+,;=:@%/]|\/\.|\/%2e/i

export class AssetSite {
  readonly root: string
  /** Of this site's files in a cache that others share. */
  readonly key: string
  readonly #files: ReadonlyMap<string, Asset>
  readonly #settings: AssetSettings
  readonly #headers: HeaderRules
  readonly #redirects: RedirectRules

  constructor({ manifest, settings }: AssetSet, key: string) {
    const read: AssetManifest = readManifest(manifest)
    this.root = read.root
    this.key = key
    this.#files = new Map(Object.entries(read.files))
    this.#settings = settings
    this.#headers = parseHeaderRules(read.headers)
    this.#redirects = parseRedirectRules(read.redirects, settings.htmlHandling !== 'none')
  }

  /** The answer to a client before the app is asked; undefined: the app answers. */
  answerFirst(request: AssetRequest): AssetAnswer | undefined {
    const order = toOrder(this.#settings.runWorkerFirst, toPath(request.url).path)
    if (order === 'app') return undefined
    if (order === 'assets') return this.answer(request)
    // a page is shown to who goes to it; what a page asks for is the app's, unless patterns say what is
    const isNavigation = request.header('sec-fetch-mode') === 'navigate'
    return this.#answer(request, isNavigation || typeof this.#settings.runWorkerFirst !== 'boolean')
  }

  /** The answer when there is nobody else to ask. */
  answer(request: AssetRequest): AssetAnswer {
    return this.#answer(request, true) ?? this.#refuse(404, toPath(request.url))
  }

  #answer(request: AssetRequest, hasMissing: boolean): AssetAnswer | undefined {
    const { host, path: asked, search } = toPath(request.url)
    const place = { host, path: asked }
    const redirect = findRedirect(this.#redirects, asked, search, request.url)
    if (redirect !== undefined && redirect.status !== 200) {
      return this.#finish(redirect.status, new Map([['location', redirect.to]]), place)
    }
    const wanted = redirect?.to ?? asked
    const path = decodePath(wanted)
    const found = resolvePath(this.#rules, path)
    const resolved =
      found ?? (hasMissing ? resolveMissing(this.#rules, path, this.#settings.notFoundHandling) : undefined)
    // what a rule leads to is a file, or nothing
    if (resolved === undefined) return redirect && this.#refuse(404, place)
    if (request.method !== 'GET' && request.method !== 'HEAD') return this.#refuse(405, place)
    const spelling = encodePath(resolved.type === 'redirect' ? resolved.path : path)
    // whatever else the path was written as; of what is missing there is no right way to write it
    if (resolved.type === 'redirect' || (found !== undefined && spelling !== wanted)) {
      return this.#finish(307, new Map([['location', spelling + search]]), place)
    }
    return this.#give(resolved, request, place)
  }

  #refuse(status: 404 | 405, place: Place): AssetAnswer {
    return this.#finish(status, new Map(status === 405 ? [['allow', 'GET, HEAD']] : []), place)
  }

  get #rules() {
    return { has: (path: string) => this.#files.has(path), htmlHandling: this.#settings.htmlHandling }
  }

  #give(
    { path, status }: Resolved & { type: 'file' },
    { method, header }: AssetRequest,
    place: Place,
  ): AssetAnswer {
    const asset = this.#files.get(path)!
    const coding =
      header('range') === undefined ? chooseCoding(header('accept-encoding'), codingsOf(asset)) : undefined
    const file = coding === undefined ? asset : asset.coded![coding]!
    const etag = `"${asset.hash.slice(0, ETAG_DIGITS)}${coding === undefined ? '' : `-${coding}`}"`
    const isWhole = status !== 200
    const selection: Selection = isWhole
      ? { status: 200, start: 0, end: file.size }
      : select(header, { etag, size: file.size })
    const headers = new Map([
      ['content-type', toContentType(path)],
      ['etag', etag],
    ])
    if (header('authorization') === undefined && header('range') === undefined)
      headers.set('cache-control', REVALIDATE)
    if (coding !== undefined) headers.set('content-encoding', coding)
    else if (asset.coded === undefined || status !== 200) headers.set('accept-ranges', 'bytes')
    if (asset.coded !== undefined) headers.set('vary', 'accept-encoding')
    const range = toContentRange(selection, file.size)
    if (range !== undefined) headers.set('content-range', range)
    if (selection.status === 416 || selection.status === 412) headers.delete('content-type')
    const answer = this.#finish(
      isWhole ? status : selection.status,
      headers,
      place,
      selection.end - selection.start,
    )
    if (method === 'HEAD' || selection.start === selection.end) return answer
    return {
      ...answer,
      body: { file: file.file, size: file.size, start: selection.start, end: selection.end },
    }
  }

  #finish(status: number, headers: Map<string, string>, place: Place, length = 0): AssetAnswer {
    applyHeaderRules(this.#headers.rules, place, headers)
    headers.delete('content-length')
    if (status !== 304) headers.set('content-length', String(length))
    let lines = ''
    for (const [name, value] of headers) lines += toHeaderLines(name, value)
    return { status, headers: lines }
  }
}

/** What of an app's rules says nothing. */
export function toWarnings({
  headers,
  redirects,
}: Pick<AssetManifest, 'headers' | 'redirects'>): readonly string[] {
  return [...parseHeaderRules(headers).warnings, ...parseRedirectRules(redirects, false).warnings]
}

/** Names content, as `Asset.hash` does. */
export function toAssetHash(bytes: Uint8Array): string {
  return digest('sha256', bytes)
}

export function toContentType(path: string): string {
  const type = mime.getType(path) ?? DEFAULT_TYPE
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type
}

function codingsOf({ coded }: Asset): Coding[] {
  return coded === undefined ? [] : CODINGS.filter((coding) => coded[coding] !== undefined)
}

function toPath(url: string): { host: string; path: string; search: string } {
  const start = url.indexOf('//') + 2
  const end = url.indexOf('#')
  const text = end < 0 ? url : url.slice(0, end)
  const slash = text.indexOf('/', start)
  const query = text.indexOf('?', start)
  const pathEnd = query < 0 ? text.length : query
  const host = text.slice(start, slash < 0 ? pathEnd : slash).replace(/:\d+$/, '')
  const path = slash < 0 || slash > pathEnd ? '/' : text.slice(slash, pathEnd)
  if (!UNUSUAL.test(path)) return { host, path, search: query < 0 ? '' : text.slice(query) }
  const { hostname, pathname, search } = new URL(url)
  return { host: hostname, path: pathname, search }
}

/** A segment that is no encoded text stands for itself. Slashes in a row are one. */
function decodePath(path: string): string {
  const decoded = path.includes('%') ? path.split('/').map(decode).join('/') : path
  return decoded.includes('//') ? decoded.replaceAll(/\/{2,}/g, '/') : decoded
}

/** As Workers write it: whatever may be escaped is. */
function encodePath(path: string): string {
  return path
    .split('/')
    .map((segment) => encodeURIComponent(segment.toWellFormed()))
    .join('/')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
