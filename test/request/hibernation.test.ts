/** WebSockets that a Durable Object keeps: beside workerd, case by case, and while the object is not in memory. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { fixture, fixtureSource, serve, steady, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { openWebSocket } from '../harness/web-socket.ts'
import type { WebSocketClient } from '../harness/web-socket.ts'
import { startWorkerd } from '../harness/workerd.ts'
import type { Peer } from '../harness/workerd.ts'

const HOST = 'rooms.test'
const CLASSES = ['Room', 'Silent']
const durable_objects = {
  bindings: CLASSES.map((class_name) => ({ name: class_name.toUpperCase(), class_name })),
}

/** NANO or workerd, as a client has it. */
interface Place {
  ask(path: string): Promise<unknown>
  open(path: string, protocols?: string[]): Promise<WebSocketClient>
}

const folder = mkdtempSync(join(tmpdir(), 'nano-rooms-'))
let server: Served
let peer: Peer

const toPlace = (port: number, host: string): Place => ({
  async ask(path) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { host } })
    const text = await answer.text()
    return text.startsWith('[') || text.startsWith('{') || /^\d+$/.test(text) ? JSON.parse(text) : text
  },
  open: (path, protocols = []) => openWebSocket(port, { host, path, protocols }),
})

const mine = (host = HOST): Place => ({
  async ask(path) {
    const { text } = await server.send(host, path)
    return text.startsWith('[') || text.startsWith('{') || /^\d+$/.test(text) ? JSON.parse(text) : text
  },
  open: (path, protocols = []) => openWebSocket(server.port, { host, path, protocols }),
})
const theirs = (): Place => toPlace(Number(new URL(peer.origin).port), 'x')

/** What both give. */
async function both<T>(act: (place: Place) => Promise<T>): Promise<readonly [T, T]> {
  return await Promise.all([act(mine()), act(theirs())])
}

beforeAll(async () => {
  const path = fixture('hibernation')
  server = await serve(
    [
      { name: 'rooms', hostname: HOST, path, durable_objects },
      { name: 'brief', hostname: 'brief.test', path, durable_objects, recycle_idle_ms: 100 },
      { name: 'tight', hostname: 'tight.test', path, durable_objects, live_objects: 1, timeout_ms: 20_000 },
      { name: 'short', hostname: 'short.test', path, durable_objects, cpu_ms: 300 },
      {
        name: 'outside',
        hostname: 'outside.test',
        path,
        durable_objects: {
          bindings: CLASSES.map((class_name) => ({
            name: class_name.toUpperCase(),
            class_name,
            script_name: 'rooms',
          })),
        },
      },
    ],
    2,
    { storageDirectory: folder },
  )
  peer = await startWorkerd(fixtureSource('hibernation'), CLASSES)
})

afterAll(async () => {
  await server.close()
  await peer[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

/** Until the object has said so many things; then all of them, and how many WebSockets it has when it has been still for a moment. */
async function logOf(place: Place, room: string, count: number): Promise<unknown> {
  const all: unknown[] = []
  await waitFor(async () => {
    const [log] = (await place.ask(`/log?room=${room}`)) as [unknown[], number]
    all.push(...log)
    return all.length >= count
  }, 15_000)
  const left = await steady(async () => ((await place.ask(`/log?room=${room}`)) as [unknown[], number])[1])
  return [all, left]
}

describe('beside workerd', () => {
  test('the same is refused, and in the same words', async ({ expect }) => {
    const [own, other] = await both((place) => place.ask('/refusals?room=refusals'))
    expect(own).toEqual(other)
  })

  test('messages, tags, attachments and subprotocols', async ({ expect }) => {
    const [own, other] = await both(async (place) => {
      using client = await place.open('/open?room=talk&tag=a&tag=b&attach=me&greet=1', ['p', 'q'])
      const who = await place.ask('/who?room=talk&tag=b')
      client.socket.send('echo 1')
      client.socket.send(new Uint8Array([1, 255]))
      client.socket.send('tags')
      client.socket.send('')
      const said = []
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      for (let i = 0; i < 4; i++) said.push(await client.next())
      return [client.socket.protocol, who, said, await logOf(place, 'talk', 4)]
    })
    expect(own).toEqual(other)
    expect(own[2]).toEqual(['welcome', 'echo 1', [1, 255], '[["a","b"],"me"]'])
  })

  test('the next message does not wait for a handler that waits', async ({ expect }) => {
    const [own, other] = await both(async (place) => {
      using client = await place.open('/open?room=slow')
      client.socket.send('slow')
      client.socket.send('echo 2')
      client.socket.send('throw')
      client.socket.send('echo 3')
      return [await client.next(), await client.next(), await client.next()]
    })
    expect(own).toEqual(other)
    expect(own).toEqual(['echo 2', 'echo 3', 'slow'])
  })

  test('the client closes', async ({ expect }) => {
    const [own, other] = await both(async (place) => {
      using client = await place.open('/open?room=bye&tag=x&attach=1')
      client.socket.close(3009, 'bye')
      return await logOf(place, 'bye', 2)
    })
    expect(own).toEqual(other)
    expect(own).toEqual([
      [
        ['close', 3009, 'bye', true, 2, true],
        [['x'], '1', 'undefined'],
      ],
      0,
    ])
  })

  test('the client closes without a code, or is cut', async ({ expect }) => {
    const [own, other] = await both(async (place) => {
      using client = await place.open('/open?room=cut')
      client.socket.close()
      const first = await logOf(place, 'cut', 2)
      using next = await place.open('/open?room=cut')
      next.socket.terminate()
      return [first, await logOf(place, 'cut', 2)]
    })
    expect(own).toEqual(other)
  })

  test('the object closes', async ({ expect }) => {
    const [own, other] = await both(async (place) => {
      using client = await place.open('/open?room=close')
      client.socket.send('close')
      const over = await client.over
      const log = await logOf(place, 'close', 4)
      using another = await place.open('/open?room=close')
      const states = await place.ask('/close?room=close')
      return [over, log, another.socket.protocol, states, await logOf(place, 'close', 2)]
    })
    expect(own).toEqual(other)
    expect(own[0]).toEqual([3001, 'by the object'])
  })

  test('what breaks the protocol is an error', async ({ expect }) => {
    const [own, other] = await both(async (place) => {
      using client = await place.open('/open?room=broken')
      const { _socket: socket } = client.socket as unknown as { _socket: { write(bytes: Buffer): void } }
      socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]))
      return await logOf(place, 'broken', 1)
    })
    expect(own).toEqual(other)
  })

  test('a text is answered without the object', async ({ expect }) => {
    const [own, other] = await both(async (place) => {
      using client = await place.open('/open?room=auto')
      const before = await place.ask('/auto?room=auto&request=ping&response=pong')
      client.socket.send('ping')
      client.socket.send(Buffer.from('ping'))
      const said = [await client.next(), await client.next()]
      const after = await place.ask('/auto?room=auto')
      await place.ask('/auto?room=auto&off=1')
      client.socket.send('ping')
      client.socket.send('echo')
      return [before, said, after, await client.next(), await logOf(place, 'auto', 3)]
    })
    expect(own).toEqual(other)
    expect(own[1]).toEqual(['pong', [112, 105, 110, 103]])
  })

  test('a class without handlers, and one whose constructor waits', async ({ expect }) => {
    const [own, other] = await both(async (place) => {
      using silent = await place.open('/open?silent=1')
      silent.socket.send('x')
      using client = await place.open('/open?room=slow-start&put=1')
      client.socket.send('count')
      client.socket.send('count')
      return [await client.next(), await client.next(), await place.ask('/who?silent=1')]
    })
    expect(own).toEqual(other)
  })

  test('an object that is reset loses them', async ({ expect }) => {
    const ends = await both(async (place) => {
      using client = await place.open('/open?room=abort')
      await place.ask('/abort?room=abort').catch(() => undefined)
      await client.over
      return await place.ask('/who?room=abort')
    })
    expect(ends).toEqual([[], []])
  })
})

/** How many instances of the app are alive, its own included. */
async function alive(app: string): Promise<number> {
  const reports = (await server.tenants()).filter(({ name }) => name === app)
  return reports.reduce((sum, { counters }) => sum + counters.liveInstances, 0)
}

const asleep = (app: string) => waitFor(async () => (await alive(app)) === 0, 20_000)

describe('an object that is not in memory', () => {
  const brief = () => mine('brief.test')

  test('is made again when a message comes, with tags and attachments as they were', async ({ expect }) => {
    using client = await brief().open('/open?room=a&tag=x&tag=y&attach=first')
    using other = await brief().open('/open?room=a&tag=y')
    client.socket.send('number')
    const number = await client.next()
    await asleep('brief')
    client.socket.send('tags')
    expect(await client.next()).toBe('[["x","y"],"first"]')
    client.socket.send('number')
    expect(await client.next()).not.toBe(number)
    client.socket.send('attach second')
    await client.next()
    await asleep('brief')
    expect(await brief().ask('/who?room=a&tag=y')).toEqual([
      [['x', 'y'], 'second', 1, null, ''],
      [['y'], null, 1, null, ''],
    ])
    client.socket.send('all')
    expect(await Promise.all([client.next(), other.next()])).toEqual(['to all', 'to all'])
  })

  test('hears how a WebSocket ended that it had closed before, or that was cut', async ({ expect }) => {
    using client = await brief().open('/open?room=b&attach=1')
    await asleep('brief')
    client.socket.terminate()
    expect(await logOf(brief(), 'b', 2)).toEqual([
      [
        ['close', 1006, 'WebSocket disconnected without sending Close frame.', false, 2, true],
        [[], '1', 'undefined'],
      ],
      0,
    ])
    await asleep('brief')
  })

  test('is not made for what the host answers', async ({ expect }) => {
    using client = await brief().open('/open?room=c')
    await brief().ask('/auto?room=c&request=ping&response=pong')
    await asleep('brief')
    for (let i = 0; i < 500; i++) client.socket.send('ping')
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (let i = 0; i < 500; i++) expect(await client.next()).toBe('pong')
    expect(await alive('brief')).toBe(0)
    expect(await brief().ask('/auto?room=c')).toEqual([['ping', 'pong'], [true]])
  })

  test('makes room for others, and waits with its messages until there is some', async ({ expect }) => {
    const tight = mine('tight.test')
    using one = await tight.open('/open?room=one')
    using two = await tight.open('/open?room=two')
    for (let i = 0; i < 3; i++) {
      one.socket.send('count')
      two.socket.send('count')
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await Promise.all([one.next(), two.next()])).toEqual([String(i + 1), String(i + 1)])
    }
    // one works, and the other one has to wait
    one.socket.send('late')
    await waitFor(async () => (await alive('tight')) > 0)
    two.socket.send('echo')
    expect(await Promise.all([one.next(), two.next()])).toEqual(['late', 'echo'])
  })

  test('loses them when it falls', async ({ expect }) => {
    using client = await mine('short.test').open('/open?room=a')
    using other = await mine('short.test').open('/open?room=a')
    client.socket.send('spin')
    expect(await Promise.all([client.over, other.over])).toEqual([
      [1011, ''],
      [1011, ''],
    ])
    await server.logged('[short', 'more than 300 ms of processor time')
  })

  test('a message has a time, if the object says so', async ({ expect }) => {
    using client = await mine().open('/open?room=timeout')
    await mine().ask('/timeout?room=timeout&ms=200')
    client.socket.send('late')
    await server.logged('[rooms', 'APP_TIMEOUT', 'not done within 200 ms')
    client.socket.send('echo on')
    expect(await client.next()).toBe('echo on')
  })
})

describe('by way of others', () => {
  test('a Worker talks to an object, its own and that of another app', async ({ expect }) => {
    expect((await server.send(HOST, '/through?room=through')).json()).toBe('echo through')
    expect((await server.send('outside.test', '/through?room=through')).json()).toBe('echo through')
    using client = await mine('outside.test').open('/open?room=outside&tag=a')
    client.socket.send('echo from outside')
    expect(await client.next()).toBe('echo from outside')
    expect(await mine().ask('/who?room=outside')).toEqual([[['a'], null, 1, null, '']])
  })

  test('a WebSocket that is not kept goes to an object as well', async ({ expect }) => {
    for (const room of ['a', 'b', 'c', 'd']) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      using client = await mine().open(`/plain?room=${room}`)
      client.socket.send('x')
      // oxlint-disable-next-line no-await-in-loop
      expect(await client.next()).toBe('plain x')
    }
  })

  test('a new version closes them, and their clients find the next one', async ({ expect }) => {
    const app = (version: string) => ({
      name: 'versions',
      hostname: 'versions.test',
      path: fixture('hibernation'),
      durable_objects,
      env: { VERSION: version },
      recycle_idle_ms: 100,
    })
    await server.put(app('1'))
    const place = mine('versions.test')
    using client = await place.open('/open?room=v')
    using other = await place.open('/open?room=w')
    client.socket.send('number')
    await client.next()
    await asleep('versions')
    other.socket.send('number')
    await other.next()
    await server.put(app('2'))
    expect(await Promise.all([client.over, other.over])).toEqual([
      [1001, ''],
      [1001, ''],
    ])
    using next = await place.open('/open?room=v')
    next.socket.send('echo')
    expect(await next.next()).toBe('echo')
    expect(await place.ask('/who?room=v')).toHaveLength(1)
  })
})
