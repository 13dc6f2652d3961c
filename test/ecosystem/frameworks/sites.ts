/** The sites: which they are, and what is asked of all of them. They have the same pages, each as its framework makes them. */

import type { Request } from './compare.ts'

export interface Site {
  /** Its folder. */
  readonly name: string
  /** Where its files are once it is built. */
  readonly assets: string
  /** What of an answer is another one each time. */
  readonly varies?: RegExp
}

export const SITES: readonly Site[] = [
  { name: 'astro', assets: 'dist/client', varies: /astro-session=[\w-]+|"lastModified":"[^"]+"/g },
  { name: 'svelte', assets: '.svelte-kit/cloudflare' },
  { name: 'nitro', assets: '.output/public' },
  // an error's page ends with what its stream still had to say, in one piece or two
  {
    name: 'react-router',
    assets: 'build/client',
    varies: /<!--\$\??--><(?:template id="B:0"|script>window).*$/gs,
  },
  { name: 'hono', assets: 'dist/client' },
]

const NAVIGATION = { 'sec-fetch-mode': 'navigate', accept: 'text/html' }
const FORM = { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://site.localhost' }
const PAGES = ['/', '/about', '/about/', '/form', '/stream', '/nothing', '/api/nothing', '/a%20b', '/%']
const METHODS = ['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']
/** Of build tools, which are nobody's to read. */
const HIDDEN = [
  '/_headers',
  '/_redirects',
  '/.assetsignore',
  '/wrangler.json',
  '/_worker.js',
  '/.vite/manifest.json',
  '/.dev.vars',
]

/** `files`: what its build has written, as paths. */
export function toRequests({ varies }: Site, files: readonly string[]): Request[] {
  const asked: Request[] = [
    ...PAGES.flatMap((path) => [{ path }, { path, headers: NAVIGATION }]),
    ...METHODS.map((method) => ({ path: '/', method })),
    { path: '/?a=1&b=%20#c' },
    { path: '/old' },
    { path: '/api/echo?q=a%20b' },
    {
      path: '/api/echo',
      method: 'PUT',
      body: 'text',
      headers: { 'content-type': 'text/plain', origin: FORM.origin },
    },
    { path: '/form', method: 'POST', headers: FORM, body: 'name=Ada+L' },
    {
      path: '/form',
      method: 'POST',
      headers: { ...FORM, origin: 'http://elsewhere.example' },
      body: 'name=Ada',
    },
    ...[...HIDDEN, ...files.map((file) => encodeURI(file))].flatMap((path) => [
      { path },
      { path, method: 'HEAD' },
    ]),
  ]
  return varies === undefined ? asked : asked.map((request) => ({ ...request, varies }))
}
