/**
 * A chat with rooms. Each room is a Durable Object: one instance for all who are in it, wherever they connect, so that it can tell all
 * of them what one says.
 *
 *     curl -N http://chat.localhost:3000/rooms/lobby/events
 *     curl http://chat.localhost:3000/rooms/lobby -d name=Ada -d 'text=Hello!'
 */
import { DurableObject } from 'cloudflare:workers'

import page from './page.html?raw'

interface Env {
  ROOM: DurableObjectNamespace
}

interface Message {
  readonly name: string
  readonly text: string
  readonly at: number
}

const ROOM = /^\/rooms\/([\w-]{1,64})(\/events)?$/
const LONGEST = 500
const MOST_KEPT = 50

/** One room. */
export class Room extends DurableObject<Env> {
  readonly #listeners = new Set<ReadableStreamDefaultController<Uint8Array>>()
  #latest: Message[] = []

  async fetch(request: Request): Promise<Response> {
    if (request.method === 'GET') return this.#listen()
    const form = await request.formData()
    const [name, text] = ['name', 'text'].map((field) => toText(form.get(field)))
    if (!name || !text || name.length > LONGEST || text.length > LONGEST) {
      return new Response(`expected a name and a text of at most ${LONGEST} characters\n`, { status: 400 })
    }
    const message = { name, text, at: Date.now() }
    this.#latest = [...this.#latest, message].slice(-MOST_KEPT)
    for (const listener of this.#listeners) listener.enqueue(toEvent(message))
    return new Response(`${this.#listeners.size} heard it\n`)
  }

  /** What was said last, and what is said from now on. */
  #listen(): Response {
    let listener: ReadableStreamDefaultController<Uint8Array>
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        listener = controller
        // so that the client hears that it is in
        controller.enqueue(encoder.encode('retry: 3000\n\n'))
        for (const message of this.#latest) controller.enqueue(toEvent(message))
        this.#listeners.add(controller)
      },
      cancel: () => void this.#listeners.delete(listener),
    })
    return new Response(stream, {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    })
  }
}

export default {
  async fetch(request: Request, { ROOM: rooms }: Env): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/')
      return new Response(page, { headers: { 'content-type': 'text/html; charset=utf-8' } })
    const [, room, events] = ROOM.exec(pathname) ?? []
    if (room === undefined) return new Response('not found\n', { status: 404 })
    if (request.method !== (events === undefined ? 'POST' : 'GET')) {
      return new Response('method not allowed\n', { status: 405 })
    }
    return await rooms.getByName(room).fetch(request)
  },
}

const encoder = new TextEncoder()
const toEvent = (message: Message): Uint8Array => encoder.encode(`data: ${JSON.stringify(message)}\n\n`)

/** A file is no text. */
function toText(value: FormDataEntryValue | null): string {
  return typeof value === 'string' ? value.trim() : ''
}
