/**
 * A guestbook on a D1 database. What was written is there after a restart, whichever shard answers.
 *
 *     curl -X POST http://guestbook.localhost:3000/ -d name=Ada -d 'message=Hello!'
 *     curl http://guestbook.localhost:3000/entries
 *
 * The table is that of `migrations/`. An example should work without a step before it, so the app applies the first one
 * itself; others leave that to `nano-workers d1 migrations apply guestbook`.
 */
import createEntries from './migrations/0001_entries.sql'
import { toPage, type Entry } from './page.ts'

interface Env {
  DB: D1Database
}

const LATEST = 'SELECT name, message, written_at FROM entries ORDER BY id DESC LIMIT ?'
const MOST_SHOWN = 50
const LONGEST = 500

/** Once for each instance. */
let prepared: Promise<unknown> | undefined

export default {
  async fetch(request: Request, { DB }: Env): Promise<Response> {
    prepared ??= DB.prepare(createEntries).run()
    await prepared
    const { pathname } = new URL(request.url)
    if (request.method === 'POST' && pathname === '/') return write(request, DB)
    if (request.method !== 'GET') return new Response('method not allowed\n', { status: 405 })
    if (pathname !== '/' && pathname !== '/entries') return new Response('not found\n', { status: 404 })
    const { results } = await DB.prepare(LATEST).bind(MOST_SHOWN).all()
    if (pathname === '/entries') return Response.json(results)
    return new Response(toPage(results as Entry[]), {
      headers: { 'content-type': 'text/html; charset=utf-8' },
    })
  },
}

async function write(request: Request, DB: D1Database): Promise<Response> {
  const form = await request.formData()
  const [name, message] = ['name', 'message'].map((field) => toText(form.get(field)))
  if (!name || !message || name.length > LONGEST || message.length > LONGEST) {
    return new Response(`expected a name and a message of at most ${LONGEST} characters\n`, { status: 400 })
  }
  await DB.prepare('INSERT INTO entries (name, message) VALUES (?, ?)').bind(name, message).run()
  return new Response(null, { status: 303, headers: { location: '/' } })
}

/** A file is no text. */
function toText(value: FormDataEntryValue | null): string {
  return typeof value === 'string' ? value.trim() : ''
}
