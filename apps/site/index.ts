/**
 * A small web site with a guest book: a page, a form, a redirect after the post, and a cookie that remembers the
 * visitor's name. Everything that a visitor wrote is escaped before it becomes HTML.
 */

import { html } from './html.ts'

interface Entry {
  name: string
  text: string
}

const MOST_ENTRIES = 100
const entries: Entry[] = []

const worker: ExportedHandler = {
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/' && (request.method === 'GET' || request.method === 'HEAD')) return showPage(request)
    if (pathname === '/sign' && request.method === 'POST') return takeEntry(request)
    if (pathname === '/forget' && request.method === 'POST') return forget()
    return page('Not found', html`<p>There is nothing here. <a href="/">Back</a></p>`, { status: 404 })
  },
}

function showPage(request: Request): Response {
  const name = readCookie(request, 'name') ?? ''
  return page(
    'Guest book',
    html`<p>${name === '' ? 'Welcome!' : `Welcome back, ${name}!`}</p>
      <form method="post" action="/sign">
        <input name="name" value="${name}" placeholder="Your name" required />
        <input name="text" placeholder="Your words" required />
        <button>Sign</button>
      </form>
      <ul>
        ${entries.map((entry) => html`<li><b>${entry.name}</b>: ${entry.text}</li>`)}
      </ul>`,
  )
}

async function takeEntry(request: Request): Promise<Response> {
  const form = new URLSearchParams(await request.text())
  const name = (form.get('name') ?? '').trim().slice(0, 80)
  const text = (form.get('text') ?? '').trim().slice(0, 500)
  if (name === '' || text === '') {
    return page('Almost', html`<p>Both fields are needed. <a href="/">Back</a></p>`, { status: 400 })
  }
  entries.unshift({ name, text })
  entries.length = Math.min(entries.length, MOST_ENTRIES)
  return redirectHome([
    `name=${encodeURIComponent(name)}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000`,
    'signed=1; Path=/; SameSite=Lax',
  ])
}

function forget(): Response {
  return redirectHome(['name=; Path=/; Max-Age=0', 'signed=; Path=/; Max-Age=0'])
}

/** 303, so that the browser comes back with GET and a reload does not post again. */
function redirectHome(cookies: string[]): Response {
  const headers = new Headers({ location: '/' })
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  return new Response(null, { status: 303, headers })
}

function page(title: string, content: { markup: string }, init: ResponseInit = {}): Response {
  const { markup } = html`<!doctype html>
    <meta charset="utf-8" />
    <title>${title}</title>
    <h1>${title}</h1>
    ${content}`
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'self'",
  }
  return new Response(markup, { ...init, headers })
}

function readCookie(request: Request, name: string): string | undefined {
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const [key, value] = pair.trim().split('=')
    if (key !== name || !value) continue
    try {
      return decodeURIComponent(value)
    } catch {
      return undefined
    }
  }
  return undefined
}

export default worker
