/**
 * A URL shortener on KV: a link is kept for a year, or for as many days as is said.
 *
 *     curl -X POST http://links.localhost:3000/ -d 'url=https://example.com/a/long/path' -d days=7
 *     curl -i http://links.localhost:3000/<code>
 */

import { pickCode } from './code.ts'
import { formPage, listPage } from './page.ts'

interface Env {
  LINKS: KVNamespace
}

/** What is kept beside a link's address. */
interface Made {
  readonly made: string
}

const DAY_S = 86_400
const MOST_DAYS = 366
/** More than any code has. */
const MOST_CODE = 64

export default {
  async fetch(request, { LINKS }) {
    const { pathname } = new URL(request.url)
    if (request.method === 'POST' && pathname === '/') return await shorten(request, LINKS)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return new Response('Only GET, HEAD and POST / are known here.\n', {
        status: 405,
        headers: { allow: 'GET, HEAD, POST' },
      })
    }
    if (pathname === '/') return html(formPage())
    if (pathname === '/links') return await list(request, LINKS)
    const url = await LINKS.get(pathname.slice(1, MOST_CODE + 1))
    return url === null ? new Response('No such link.\n', { status: 404 }) : Response.redirect(url, 302)
  },
} satisfies ExportedHandler<Env>

async function shorten(request: Request, links: KVNamespace): Promise<Response> {
  const form = await request.formData()
  const given = form.get('url')
  const url = typeof given === 'string' ? URL.parse(given) : null
  const days = Number(form.get('days') ?? MOST_DAYS)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return new Response('url: expected an address that begins with http: or https:.\n', { status: 400 })
  }
  if (!(days >= 1 && days <= MOST_DAYS)) {
    return new Response(`days: expected a number from 1 to ${MOST_DAYS}.\n`, { status: 400 })
  }
  const code = pickCode()
  const metadata: Made = { made: new Date().toISOString() }
  await links.put(code, url.href, { expirationTtl: Math.round(days * DAY_S), metadata })
  const short = new URL(`/${code}`, request.url).href
  return new Response(`${short}\n`, { status: 201, headers: { location: short } })
}

async function list(request: Request, links: KVNamespace): Promise<Response> {
  const cursor = new URL(request.url).searchParams.get('cursor')
  const page = await links.list<Made>({ limit: 50, cursor })
  return html(listPage(page.keys, page.list_complete ? undefined : page.cursor))
}

function html(text: string): Response {
  return new Response(text, { headers: { 'content-type': 'text/html; charset=utf-8' } })
}
