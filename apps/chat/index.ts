/**
 * A chat with rooms. Each room is a Durable Object: one for all who are in it, wherever they connect. It keeps their WebSockets (hibernation),
 * so that nobody has to leave when a room in which nothing is said goes from memory, and the last messages in its storage.
 *
 *     npx wscat -c ws://chat.localhost:3000/rooms/lobby?name=Ada
 *     curl http://chat.localhost:3000/rooms/lobby -d name=Ada -d 'text=Hello!'
 *     curl http://chat.localhost:3000/rooms/lobby
 */
import { DurableObject } from 'cloudflare:workers'

import page from './page.html?raw'

interface Env {
  ROOM: DurableObjectNamespace<Room>
}

interface Message {
  readonly name: string
  readonly text: string
  readonly at: number
}

const ROOM = /^\/rooms\/([\w-]{1,64})$/
const LONGEST = 500
const MOST_KEPT = 50

/** One room. */
export class Room extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS messages (name TEXT, text TEXT, at INTEGER)')
    // who asks whether he is still in is answered without waking the room
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))
  }

  /** Somebody comes in. */
  async fetch(request: Request): Promise<Response> {
    const name = new URL(request.url).searchParams.get('name') ?? ''
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    server.serializeAttachment({ name: name.trim().slice(0, LONGEST) })
    for (const message of this.latest()) server.send(JSON.stringify(message))
    return new Response(null, { status: 101, webSocket: client })
  }

  /** Somebody says something. */
  webSocketMessage(socket: WebSocket, text: string | ArrayBuffer): void {
    const { name } = socket.deserializeAttachment() as { name: string }
    if (typeof text !== 'string' || this.say(name, text) === undefined)
      socket.close(1008, `expected a name and a text of at most ${LONGEST} characters`)
  }

  /** How many heard it; undefined: it is nothing that can be said. */
  say(name: string, text: string): number | undefined {
    if (!isText(name) || !isText(text)) return undefined
    const message: Message = { name, text, at: Date.now() }
    const { sql } = this.ctx.storage
    sql.exec('INSERT INTO messages VALUES (?, ?, ?)', message.name, message.text, message.at)
    sql.exec('DELETE FROM messages WHERE rowid <= (SELECT max(rowid) FROM messages) - ?', MOST_KEPT)
    const sockets = this.ctx.getWebSockets()
    const json = JSON.stringify(message)
    for (const socket of sockets) socket.send(json)
    return sockets.length
  }

  /** What was said last, the oldest first. */
  latest(): Message[] {
    const { sql } = this.ctx.storage
    return sql.exec('SELECT name, text, at FROM messages ORDER BY rowid').toArray() as unknown as Message[]
  }
}

export default {
  async fetch(request: Request, { ROOM: rooms }: Env): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/')
      return new Response(page, { headers: { 'content-type': 'text/html; charset=utf-8' } })
    const [, name] = ROOM.exec(pathname) ?? []
    if (name === undefined) return new Response('not found\n', { status: 404 })
    const room = rooms.getByName(name)
    if (request.headers.get('upgrade')?.toLowerCase() === 'websocket') return await room.fetch(request)
    if (request.method === 'GET') return Response.json(await room.latest())
    if (request.method !== 'POST') return new Response('method not allowed\n', { status: 405 })
    const form = await request.formData()
    const heard = await room.say(toText(form.get('name')), toText(form.get('text')))
    return heard === undefined
      ? new Response(`expected a name and a text of at most ${LONGEST} characters\n`, { status: 400 })
      : new Response(`${heard} heard it\n`)
  },
}

const isText = (text: string): boolean => text !== '' && text.length <= LONGEST

/** A file is no text. */
function toText(value: FormDataEntryValue | null): string {
  return typeof value === 'string' ? value.trim() : ''
}
