// servers and clients of WebSockets, each pair over a WebSocketPair of its own
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { getWSConnectionHandler } from '@trpc/server/adapters/ws'
import { newWebSocketRpcSession, RpcTarget } from 'capnweb'
import { EventEmitter } from 'node:events'
import { buildSchema } from 'graphql'
import { CloseCode, createClient, makeServer } from 'graphql-ws'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as awareness from 'y-protocols/awareness'
import * as sync from 'y-protocols/sync'
import * as Y from 'yjs'

/** Both ends, open. */
function makePair() {
  const ends = Object.values(new WebSocketPair())
  for (const end of ends) end.accept()
  return ends
}

/** A class of sockets that are connected already. */
const toImplementation = (serve) =>
  function Connected(_url, protocol) {
    const [client, server] = makePair()
    serve(server, protocol)
    setTimeout(() => client.dispatchEvent(new Event('open')))
    return client
  }
const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 }

async function byGraphQl() {
  async function* count() {
    for (const n of [1, 2, 3]) yield { count: n }
  }
  const schema = buildSchema('type Query { hi(name: String): String } type Subscription { count: Int }')
  const server = makeServer({
    schema,
    roots: { query: { hi: ({ name }) => `hi ${name}` }, subscription: { count } },
  })
  const webSocketImpl = Object.assign(
    toImplementation((socket, protocol) => {
      const closed = server.opened(
        {
          protocol,
          send: (text) => socket.send(text),
          close: (code, reason) => socket.close(code, reason),
          onMessage: (listener) => socket.addEventListener('message', ({ data }) => listener(data)),
        },
        {},
      )
      socket.addEventListener('close', ({ code, reason }) => closed(code, reason))
    }),
    STATES,
  )
  const client = createClient({ url: 'ws://app', webSocketImpl, retryAttempts: 0 })
  const results = []
  for await (const { data } of client.iterate({ query: 'subscription { count }' })) results.push(data.count)
  for await (const { data } of client.iterate({ query: '{ hi(name: "Ada") }' })) results.push(data.hi)
  const refused = client.iterate({ query: '{ nothing }' }).next()
  results.push(await refused.catch(([{ message }]) => message))
  await client.dispose()
  return [results, CloseCode.Unauthorized]
}

async function byCapnWeb() {
  class Counter extends RpcTarget {
    #n = 0
    add(n) {
      return (this.#n += n)
    }
  }
  class Api extends RpcTarget {
    square = (n) => n * n
    greet(name) {
      return { text: `hi ${name}`, at: new Date(0), bytes: new Uint8Array([1, 2]), many: 5n }
    }
    counter() {
      return new Counter()
    }
    async each(values, callback) {
      return await Promise.all(values.map((value) => callback(value)))
    }
    fail() {
      throw new RangeError('out of it')
    }
  }
  const [client, server] = makePair()
  newWebSocketRpcSession(server, new Api())
  const api = newWebSocketRpcSession(client)
  const { text, at, bytes, many } = await api.greet('Ada')
  const counter = api.counter()
  const sums = await Promise.all([counter.add(1), counter.add(2), counter.add(3)])
  const mapped = await api.each([1, 2, 3], (n) => n * 10)
  const failed = await api.fail().catch(({ name, message }) => `${name}: ${message}`)
  api[Symbol.dispose]()
  return [text, at.getTime(), [...bytes], String(many), sums, mapped, failed]
}

async function byTrpc() {
  const t = initTRPC.create()
  const router = t.router({
    hi: t.procedure.input((value) => String(value)).query(({ input }) => `hi ${input}`),
    count: t.procedure.subscription(async function* () {
      for (const n of [1, 2, 3]) yield n
    }),
    fail: t.procedure.mutation(() => {
      throw new Error('no')
    }),
  })
  const handle = getWSConnectionHandler({ router, createContext: () => ({}) })
  const WebSocket = Object.assign(
    toImplementation((socket) => {
      const ws = Object.assign(new EventEmitter(), {
        OPEN: 1,
        get readyState() {
          return socket.readyState
        },
        send: (text) => socket.send(text),
        close: () => socket.close(1000),
        terminate: () => socket.close(1000),
      })
      socket.addEventListener('message', ({ data }) => ws.emit('message', Buffer.from(data)))
      socket.addEventListener('close', ({ code }) => ws.emit('close', code))
      void handle(ws, { url: '/', headers: {}, socket: {} })
    }),
    STATES,
  )
  const ws = createWSClient({ url: 'ws://app', WebSocket, retryDelayMs: () => 10 })
  const client = createTRPCClient({ links: [wsLink({ client: ws })] })
  const counted = []
  const hi = await client.hi.query('Ada')
  await new Promise((resolve, reject) => {
    client.count.subscribe(undefined, {
      onData: (n) => counted.push(n),
      onComplete: resolve,
      onError: reject,
    })
  })
  const failed = await client.fail.mutate().catch(({ name, message }) => `${name}: ${message}`)
  await ws.close()
  return [hi, counted, failed]
}

async function byYjs() {
  const documents = makePair().map((socket, index) => {
    const document = new Y.Doc()
    document.clientID = index + 1
    const states = new awareness.Awareness(document)
    const send = (kind, write) => {
      const encoder = encoding.createEncoder()
      encoding.writeVarUint(encoder, kind)
      write(encoder)
      if (encoding.length(encoder) > 1) socket.send(encoding.toUint8Array(encoder))
    }
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', ({ data }) => {
      const decoder = decoding.createDecoder(new Uint8Array(data))
      if (decoding.readVarUint(decoder) === 0)
        send(0, (encoder) => sync.readSyncMessage(decoder, encoder, document, socket))
      else awareness.applyAwarenessUpdate(states, decoding.readVarUint8Array(decoder), socket)
    })
    document.on('update', (update, origin) => {
      if (origin !== socket) send(0, (encoder) => sync.writeUpdate(encoder, update))
    })
    states.on('update', ({ updated, added }, origin) => {
      if (origin !== 'local') return
      const update = awareness.encodeAwarenessUpdate(states, [...updated, ...added])
      send(1, (encoder) => encoding.writeVarUint8Array(encoder, update))
    })
    send(0, (encoder) => sync.writeSyncStep1(encoder, document))
    return { document, states, socket }
  })
  const [one, two] = documents
  one.document.getText('text').insert(0, 'hello')
  two.document.getText('text').insert(0, 'world ')
  one.document.getMap('map').set('key', { list: [1, 2] })
  one.states.setLocalState({ user: 'Ada' })
  await new Promise((resolve) => setTimeout(resolve, 20))
  two.document.getText('text').delete(0, 2)
  await new Promise((resolve) => setTimeout(resolve, 20))
  const shown = documents.map(({ document, states }) => [
    document.getText('text').toString(),
    document.getMap('map').toJSON(),
    [...states.getStates().values()],
  ])
  for (const { socket, states } of documents) {
    states.destroy()
    socket.close(1000)
  }
  return shown
}

export default {
  async fetch() {
    return Response.json([await byGraphQl(), await byCapnWeb(), await byTrpc(), await byYjs()])
  },
}
