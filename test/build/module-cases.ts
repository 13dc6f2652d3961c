/** Smaller parts of modules of Node.js, of which an app sees what Node.js has. */
import assert from 'node:assert'
import { Buffer } from 'node:buffer'
import { EventEmitterAsyncResource } from 'node:events'
import net from 'node:net'
import { duplexPair, type Duplex } from 'node:stream'
import zlib from 'node:zlib'

function outcome(run: () => unknown): unknown {
  try {
    return run() ?? 'nothing'
  } catch (error) {
    const { code, name } = error as Error & { code?: string }
    return [name, code]
  }
}

const ADDRESSES = ['10.1.2.3', '11.0.0.1', '192.168.1.7', '::1', '::ffff:10.0.0.9', '2001:db8::5', 'fe80::1']

function toChecked(): unknown[] {
  const list = new net.BlockList()
  list.addSubnet('10.0.0.0', 8)
  list.addRange('192.168.1.1', '192.168.1.9')
  list.addAddress('::1', 'ipv6')
  list.addSubnet('2001:db8::', 32, 'ipv6')
  return [
    ...ADDRESSES.map((address) => list.check(address, address.includes(':') ? 'ipv6' : 'ipv4')),
    list.rules.toSorted(),
    net.BlockList.isBlockList(list),
    outcome(() => list.addSubnet('10.0.0.0', 40)),
    outcome(() => list.addAddress('x')),
    outcome(() => list.addRange('10.0.0.2', '10.0.0.1')),
    outcome(() => list.check(5 as never)),
    new net.SocketAddress({ address: '::1', family: 'ipv6', port: 80 }).port,
    outcome(() => new net.SocketAddress({ address: 'x' })),
  ]
}

async function toPiped(): Promise<unknown[]> {
  const [one, other] = duplexPair()
  const read = async (stream: Duplex) => {
    const parts: Buffer[] = []
    for await (const part of stream) parts.push(part as Buffer)
    return Buffer.concat(parts).toString()
  }
  one.end('to the other')
  other.write('to ')
  other.end('the one')
  return await Promise.all([read(one), read(other)])
}

const PARTS: readonly [unknown, unknown][] = [
  [{ a: 1, b: { c: [1, 2, 3], d: new Set([1, { x: 1 }]) } }, { b: { c: [1, 3], d: new Set([{ x: 1 }]) } }],
  [{ a: 1 }, { a: 1, b: undefined }],
  [new Map([['a', { b: 1, c: 2 }]]), new Map([['a', { c: 2 }]])],
  [
    [1, 2],
    [2, 2],
  ],
  [{ a: 1 }, { a: '1' }],
  [new Date(0), new Date(0)],
]

const { codes } = zlib as unknown as { codes: Record<string, unknown> }

export async function runModules(): Promise<unknown[]> {
  const resource = new EventEmitterAsyncResource({ name: 'x' })
  const heard: unknown[] = []
  resource.on('x', (...args) => heard.push(...args))
  const bytes = Buffer.alloc(16)
  bytes.writeBigUint64LE(5n, 0)
  bytes.writeBigUint64BE(6n, 8)
  return [
    toChecked(),
    await toPiped(),
    PARTS.map(([actual, expected]) => outcome(() => assert.partialDeepStrictEqual(actual, expected))),
    [resource.emit('x', 1, 2), heard],
    [bytes.readBigUint64LE(0), bytes.readBigUint64BE(8)].map(String),
    [codes['Z_OK'], codes['-3'], zlib.constants.ZSTD_c_compressionLevel],
    typeof assert.strict.strict,
    await toProcessEvents(),
  ]
}

async function toProcessEvents(): Promise<unknown[]> {
  const seen: unknown[] = []
  const listen = (...args: unknown[]) => seen.push(...args)
  process.on('own' as never, listen)
  const warned = new Promise((resolve) =>
    process.once('warning', ({ name, message }) => resolve([name, message])),
  )
  process.emitWarning('mind this', 'Told', 'T_1')
  const found = [process.emit('own' as never, 1 as never), process.listenerCount('own'), await warned]
  process.removeListener('own', listen)
  const written = await new Promise((resolve) => process.stdout.write('', () => resolve('written')))
  return [...found, process.emit('own' as never, 2 as never), seen, written, typeof process.availableMemory()]
}
