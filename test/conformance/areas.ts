/**
 * Which of the Web Platform Tests count, by area. Left out is what needs a document, navigation, a second realm,
 * workers of its own, a browser's cache or an origin; and proposals, but for compression, whose tests are all called so.
 */

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { helpersOf, readMeta, toFile } from './scripts.ts'
import type { Meta } from './scripts.ts'

/** One file of tests, in one variant. */
export interface TestFile {
  readonly area: string
  /** Under the folder of the tests. */
  readonly path: string
  /** A query, or nothing. */
  readonly variant: string
  readonly meta: Meta
}

/** The folders of each area. The tests of interfaces (`idlharness`) of all folders are an area of their own, `idl`. */
const AREAS: Readonly<Record<string, readonly string[]>> = {
  url: ['url/'],
  urlpattern: ['urlpattern/'],
  encoding: ['encoding/'],
  streams: ['streams/'],
  compression: ['compression/'],
  FileAPI: ['FileAPI/blob/', 'FileAPI/file/'],
  formdata: ['xhr/formdata/'],
  'fetch/headers': ['fetch/api/headers/'],
  'fetch/request': ['fetch/api/request/'],
  'fetch/response': ['fetch/api/response/'],
  'fetch/body': ['fetch/api/body/'],
  'fetch/abort': ['fetch/api/abort/'],
  'fetch/basic': ['fetch/api/basic/', 'fetch/data-urls/', 'fetch/content-type/'],
  WebCryptoAPI: ['WebCryptoAPI/'],
  'dom/abort': ['dom/abort/'],
  'dom/events': ['dom/events/'],
  timers: ['html/webappapis/timers/'],
  atob: ['html/webappapis/atob/'],
  'structured-clone': ['html/webappapis/structured-clone/'],
  microtasks: ['html/webappapis/microtask-queuing/'],
  'hr-time': ['hr-time/'],
  'user-timing': ['user-timing/'],
  'performance-timeline': ['performance-timeline/'],
  console: ['console/'],
  DOMException: ['webidl/'],
  webmessaging: ['webmessaging/'],
  WebSocket: ['websockets/'],
}

const LEFT_OUT: readonly RegExp[] = [
  /shadowrealm/i,
  /\.h2\./,
  /crashtests\//,
  /\/resources\//,
  /not-restored-reasons/,
  /^(?!compression).*\.tentative\./,
  // pages, forms, other realms, other workers
  /FileAPI\/file\/send-file/,
  /Worker-read-file/,
  /streams\/transferable\/(?!transform-stream-members)/,
  /cross-realm|invalid-realm|realms\.window|per-global/,
  /owning-type-video-frame/,
  /webmessaging\/broadcastchannel\/origin/,
  /read-task-handling/,
  /WebCryptoAPI\/historical/,
  /encoding\/(unsupported|replacement)-encodings\.any/,
  // a browser's cache, origin and referrer; raw sockets of the server that these tests were written for
  /fetch\/api\/request\/request-(cache|bad-port|keepalive|init-priority)/,
  /fetch\/api\/abort\/cache/,
  /headers-no-cors/,
  /fetch\/api\/basic\/(conditional-get|error-after-response|gc|header-value|http-response-code|integrity)/,
  /fetch\/api\/basic\/(keepalive|mediasource|mode-|referrer|request-referrer|request-private|request-forbidden)/,
  /fetch\/api\/basic\/(response-url|accept-header|request-upload|request-headers-nonascii|scheme-blob)/,
  /fetch\/content-type\/(multipart-malformed|script|multipart\.window|response\.window)/,
  /fetch\/data-urls\/navigate/,
]

/** Headers that pages may not send, as a server's requests are its own; and a method that Node's server refuses. */
const SUBTEST_LEFT_OUT =
  /^Adding invalid (no-cors )?request header|request constructor is filtering headers|is a forbidden response header|^Fetch with Chicken/

export function isLeftOut(subtest: string): boolean {
  return SUBTEST_LEFT_OUT.test(subtest)
}

/** Of the tests of WebSocket those that need no server. */
const WEBSOCKET =
  /websockets\/(Create-(asciiSep|http-urls|invalid-urls|non-absolute|nonAscii|protocol-with-space|protocols-repeated\.)|constructor|close-invalid|idlharness)/

const NEEDS_PAGE =
  /\bdocument\b|\bwindow\.|iframe|\bparent\.|new (Shared)?Worker\(|createElement|serviceWorker/

/** All that count, or those of one area, or those with `only` in their path. */
export function findTests(root: string, only?: string): TestFile[] {
  return Object.entries(AREAS).flatMap(([area, folders]) =>
    folders
      .flatMap((folder) => globSync(`${folder}**/*.{any,window,worker}.js`, { cwd: root }))
      .sort()
      .flatMap((path) => (counts(area, path) ? read(root, area, path) : []))
      .filter((test) => only === undefined || test.area === only || test.path.includes(only)),
  )
}

/** A test's name in the baseline. */
export function toId({ path, variant }: TestFile): string {
  return path + variant
}

function counts(area: string, path: string): boolean {
  return !LEFT_OUT.some((pattern) => pattern.test(path)) && (area !== 'WebSocket' || WEBSOCKET.test(path))
}

function read(root: string, folder: string, path: string): TestFile[] {
  const source = readFileSync(join(root, path), 'utf8')
  const meta = readMeta(source)
  const global = meta.global ?? ''
  if (global !== '' && !/worker|default/.test(global)) return []
  if (path.endsWith('.window.js') && !global.includes('worker') && NEEDS_PAGE.test(source)) return []
  if (!helpersOf(path, meta).every((file) => existsSync(toFile(root, file)))) return []
  const area = path.includes('idlharness') ? 'idl' : folder
  return variantsOf(folder, meta).map((variant) => ({ area, path, variant, meta }))
}

/** Variants that only cut a file into pieces are run in one piece. */
function variantsOf(area: string, { variant, script }: Meta): readonly string[] {
  if (variant.length === 0 || script.some((file) => file.includes('subset-tests'))) return ['']
  return area === 'WebSocket' ? variant.slice(0, 1) : variant
}
