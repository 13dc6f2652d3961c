/**
 * A JSON API for notes, made with Hono: create, list, read, change, delete. The notes live in the memory of the
 * app's instance, so they last as long as the instance does; a real app would keep them in a database.
 *
 *     curl -X POST http://api.localhost:3000/notes -H 'content-type: application/json' -d '{"title":"milk"}'
 */

import { Hono } from 'hono'
import { parseNote, type Note } from './note.ts'

const notes = new Map<number, Note>()
let lastId = 0

const app = new Hono()

app.get('/', (c) => c.json({ name: 'notes', endpoints: ['/notes', '/notes/:id'] }))

app.get('/notes', (c) => {
  const wanted = c.req.query('done')
  const all = [...notes.values()]
  return c.json({ notes: wanted === undefined ? all : all.filter((note) => String(note.done) === wanted) })
})

app.post('/notes', async (c) => {
  const parsed = parseNote(await readJson(c.req.raw))
  if ('problem' in parsed) return c.json({ error: parsed.problem }, 400)
  const note: Note = { id: ++lastId, ...parsed }
  notes.set(note.id, note)
  return c.json(note, 201, { location: `/notes/${note.id}` })
})

app.get('/notes/:id{[0-9]+}', (c) => {
  const note = notes.get(Number(c.req.param('id')))
  return note ? c.json(note) : c.json({ error: 'no such note' }, 404)
})

app.put('/notes/:id{[0-9]+}', async (c) => {
  const id = Number(c.req.param('id'))
  const body = await readJson(c.req.raw)
  if (!notes.has(id)) return c.json({ error: 'no such note' }, 404)
  const parsed = parseNote(body)
  if ('problem' in parsed) return c.json({ error: parsed.problem }, 400)
  const note: Note = { id, ...parsed }
  notes.set(id, note)
  return c.json(note)
})

app.delete('/notes/:id{[0-9]+}', (c) => {
  const found = notes.delete(Number(c.req.param('id')))
  return found ? c.body(null, 204) : c.json({ error: 'no such note' }, 404)
})

app.notFound((c) => c.json({ error: `nothing at ${c.req.method} ${c.req.path}` }, 404))

/** The request's body as JSON, or undefined when it is not JSON. */
async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json()
  } catch {
    return undefined
  }
}

export default app
