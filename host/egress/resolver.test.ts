/** Names to addresses by a real name server: what is asked of whom, and that nobody waits for another's slow name. */
import { createSocket, type Socket } from 'node:dgram'
import type { LookupAddress } from 'node:dns'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'vitest'

import { openResolver } from './resolver.ts'

const FOUR = 1
const SIX = 28

/** Addresses by name and type of record; `slow` names get no answer at all. */
type Zone = Record<string, { [FOUR]?: string[]; [SIX]?: string[]; ttl?: number } | 'slow'>

let socket: Socket
let zone: Zone
let asked: string[]
let hostsFile: string
const folder = mkdtempSync(join(tmpdir(), 'nano-hosts-'))

beforeEach(async () => {
  zone = {}
  asked = []
  hostsFile = join(folder, `hosts-${Math.random()}`)
  socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const { name, type } = readQuestion(query)
    asked.push(`${name} ${type === SIX ? 6 : 4}`)
    const entry = zone[name]
    if (entry === 'slow') return
    socket.send(toAnswer(query, type, entry), from.port, from.address)
  })
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
})

afterEach(() => {
  socket.close()
  rmSync(hostsFile, { force: true })
})

function readQuestion(query: Buffer): { name: string; type: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1) }
}

function toAnswer(query: Buffer, type: number, entry: Exclude<Zone[string], 'slow'> | undefined): Buffer {
  const addresses = entry?.[type as typeof FOUR | typeof SIX] ?? []
  let end = 12
  while (query[end] !== 0) end += 1 + query[end]!
  const head = Buffer.from(query.subarray(0, end + 5))
  head.writeUInt16BE(entry === undefined ? 0x8183 : 0x8180, 2)
  head.writeUInt16BE(addresses.length, 6)
  head.writeUInt32BE(0, 8)
  const records = addresses.map((address) => {
    const bytes = type === FOUR ? Buffer.from(address.split('.').map(Number)) : toSix(address)
    const record = Buffer.alloc(12)
    record.writeUInt16BE(0xc00c, 0)
    record.writeUInt16BE(type, 2)
    record.writeUInt16BE(1, 4)
    record.writeUInt32BE(entry?.ttl ?? 0, 6)
    record.writeUInt16BE(bytes.length, 10)
    return Buffer.concat([record, bytes])
  })
  return Buffer.concat([head, ...records])
}

function toSix(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::')
  const groups = (text: string) =>
    text === '' ? [] : text.split(':').map((each) => Number.parseInt(each, 16))
  const gap = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => 0)
  const bytes = Buffer.alloc(16)
  for (const [i, group] of [...groups(head), ...gap, ...groups(tail)].entries())
    bytes.writeUInt16BE(group, i * 2)
  return bytes
}

/** Seconds of the resolvers' clock. */
let seconds = 0

function open(tryMs = 2000) {
  const servers = [`127.0.0.1:${socket.address().port}`]
  const resolve = openResolver({ hostsFile, servers, tryMs, now: () => seconds * 1000 })
  return (name: string, family?: number) =>
    new Promise<string[]>((done, failed) => {
      resolve(name, family === undefined ? {} : { family }, (error: Error | null, found: LookupAddress[]) => {
        if (error === null) done(found.map((each) => `${each.address} ${each.family}`))
        else failed(error)
      })
    })
}

describe('a resolver', () => {
  test('finds all addresses of both families', async ({ expect }) => {
    zone['both.test'] = { [FOUR]: ['192.0.2.1', '192.0.2.2'], [SIX]: ['2001:db8::1'] }
    const look = open()
    expect(await look('both.test')).toEqual(['192.0.2.1 4', '192.0.2.2 4', '2001:db8::1 6'])
    expect(await look('BOTH.test.')).toHaveLength(3)
    expect(await look('both.test', 6)).toEqual(['2001:db8::1 6'])
  })

  test('is content with one family', async ({ expect }) => {
    zone['four.test'] = { [FOUR]: ['192.0.2.1'] }
    zone['six.test'] = { [SIX]: ['2001:db8::1'] }
    expect(await open()('four.test')).toEqual(['192.0.2.1 4'])
    expect(await open()('six.test')).toEqual(['2001:db8::1 6'])
  })

  test('fails for a name that is not there or has no address', async ({ expect }) => {
    zone['empty.test'] = {}
    await expect(open()('nowhere.test')).rejects.toThrow('ENOTFOUND')
    await expect(open()('empty.test')).rejects.toThrow('ENODATA')
    await expect(open()(`${'a'.repeat(64)}.test`)).rejects.toThrow('EBADNAME')
  })

  test('takes what the hosts file says, and asks nobody', async ({ expect }) => {
    writeFileSync(hostsFile, '10.0.0.7 db.internal.test DB # ours\n::7\tdb.internal.test\nnonsense x.test\n')
    const look = open()
    expect(await look('db.INTERNAL.test')).toEqual(['10.0.0.7 4', '::7 6'])
    expect(await look('db')).toEqual(['10.0.0.7 4'])
    expect(asked).toEqual([])
    await expect(look('x.test')).rejects.toThrow('ENOTFOUND')
  })

  test('asks nobody for localhost', async ({ expect }) => {
    const look = open()
    for (const name of ['localhost', 'LOCALHOST.', 'a.localhost']) {
      expect(await look(name)).toEqual(['127.0.0.1 4', '::1 6'])
    }
    expect(asked).toEqual([])
  })

  test('sends names without a dot to no name server', async ({ expect }) => {
    await expect(open()('surely-no-such-machine-here')).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/)
    expect(asked).toEqual([])
  })

  test('asks again when its time is over, so that a name may lead elsewhere', async ({ expect }) => {
    const look = open()
    zone['rebind.test'] = { [FOUR]: ['93.184.215.14'], [SIX]: ['2001:db8::1'], ttl: 30 }
    expect(await look('rebind.test')).toEqual(['93.184.215.14 4', '2001:db8::1 6'])
    zone['rebind.test'] = { [FOUR]: ['127.0.0.1'] }
    seconds += 29
    expect(await look('REBIND.test.', 4)).toEqual(['93.184.215.14 4'])
    seconds += 1
    expect(await look('rebind.test')).toEqual(['127.0.0.1 4'])
    expect(asked).toHaveLength(4)
  })

  test('asks for itself, whatever another one of the same machine knows', async ({ expect }) => {
    zone['shared.test'] = { [FOUR]: ['192.0.2.1'], ttl: 30 }
    for (const look of [open(), open()]) await look('shared.test')
    expect(asked.toSorted()).toEqual(['shared.test 4', 'shared.test 4', 'shared.test 6', 'shared.test 6'])
  })

  test('does not answer with what is out of date when the name server falls silent', async ({ expect }) => {
    const look = open(100)
    zone['silent.test'] = { [FOUR]: ['192.0.2.1'], ttl: 1 }
    await look('silent.test')
    zone['silent.test'] = 'slow'
    seconds += 1
    await expect(look('silent.test')).rejects.toThrow('ETIMEOUT')
    zone['silent.test'] = { [FOUR]: ['192.0.2.2'] }
    expect(await look('silent.test')).toEqual(['192.0.2.2 4'])
  })

  test('keeps nobody waiting for the slow names of another', async ({ expect }) => {
    zone['good.test'] = { [FOUR]: ['192.0.2.1'] }
    for (let i = 0; i < 2000; i++) zone[`slow-${i}.test`] = 'slow'
    const [hostile, other] = [open(250), open()]
    const errors: string[] = []
    const slow = Array.from({ length: 2000 }, (_, i) =>
      hostile(`slow-${i}.test`).catch((error: Error) => errors.push(error.message)),
    )
    await Promise.race(slow)
    expect(new Set(errors)).toEqual(new Set(['too many names are being looked up']))
    expect(errors).toHaveLength(2000 - 32 - 1000)
    expect(await other('good.test')).toEqual(['192.0.2.1 4'])
    expect(new Set(asked.filter((question) => question.startsWith('slow'))).size).toBeLessThanOrEqual(64)
    // the first of them come to an end, and make room
    expect(errors).toHaveLength(2000 - 32 - 1000)
    await Promise.all(slow.slice(0, 32))
    expect(errors.at(-1)).toContain('ETIMEOUT')
  })
})
