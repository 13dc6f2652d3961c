/**
 * The operator's page: the files of page/, as they are. What it may do is said by its policy: load what comes from here,
 * and nothing else, run no text as a script, and stand in no frame.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { OperatorApp } from './app.ts'

const FOLDER = join(dirname(findPackageJSON(import.meta.url) ?? ''), 'page')
const INDEX = 'index.html'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/** `/` and `/page/<file>`. A name that comes is only ever looked up among those that there are. */
export function addPage(app: OperatorApp): void {
  let files: ReadonlyMap<string, Uint8Array<ArrayBuffer>> | undefined
  const give = (name: string): Response | undefined => {
    files ??= readFiles()
    const bytes = files.get(name)
    if (bytes === undefined) return undefined
    return new Response(bytes, { headers: { ...HEADERS, 'Content-Type': TYPES[extname(name)]! } })
  }
  app.get('/', (c) => give(INDEX) ?? c.notFound())
  app.get('/page/:name', (c) => give(c.req.param('name')) ?? c.notFound())
}

function readFiles(): Map<string, Uint8Array<ArrayBuffer>> {
  const files = readdirSync(FOLDER)
    .filter((name) => TYPES[extname(name)] !== undefined && !name.endsWith('.test.js'))
    .map((name): [string, string] => [name, join(FOLDER, name)])
  // the one module that is not ours
  const parser = fileURLToPath(import.meta.resolve('eventsource-parser'))
  files.push(['eventsource-parser.js', parser])
  return new Map(files.map(([name, path]) => [name, new Uint8Array(readFileSync(path))]))
}
