/** Where a tenant's connections lead, and how many there are. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, test } from 'vitest'

import { startFarSide } from '../../test/harness/far-side.ts'
import { resolveTo } from '../../test/harness/names.ts'
import { EgressDenied, type Resolve } from './connect.ts'
import type { Machine } from './machine.ts'
import { EgressPolicy, type EgressSettings } from './policy.ts'
import { parseTarget } from './rule.ts'
import { TcpDialer, TooManyConnections } from './tcp.ts'

interface Given {
  settings?: EgressSettings
  machine?: Machine
  resolve?: Resolve
  most?: number
}

function open({ settings, machine, resolve = resolveTo(['127.0.0.1']), most = 10 }: Given = {}): TcpDialer {
  return new TcpDialer({ policy: new EgressPolicy(settings, machine), resolve, most })
}

/** What became of it: `connected`, or the error. */
async function dial(dialer: TcpDialer, hostname: string, port: number): Promise<unknown> {
  let socket: Socket
  try {
    socket = dialer.dial(parseTarget(hostname, port)!)
  } catch (error) {
    return error
  }
  const outcome = await once(socket, 'connect').then(
    () => 'connected',
    (error: unknown) => error,
  )
  socket.destroy()
  return outcome
}

describe('a connection', () => {
  test.for([
    '127.0.0.1',
    '127.1',
    '0x7f000001',
    '2130706433',
    '①②⑦.⓪.⓪.①',
    '0.0.0.0',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    'fe80::1',
    '10.0.0.1',
    '169.254.169.254',
    'fd00:ec2::254',
    'localhost',
    'inside.test',
  ])('to %s is refused by default', async (host, { expect }) => {
    await using inside = await startFarSide(() => undefined)
    expect(await dial(open(), host, inside.port)).toBeInstanceOf(EgressDenied)
    expect(inside.sockets).toEqual([])
  })

  test('goes where it is let, by address and by name', async ({ expect }) => {
    await using inside = await startFarSide(() => undefined)
    const { port } = inside
    const allow = [`127.0.0.1:${port}`]
    expect(await dial(open({ settings: { allow } }), '127.0.0.1', port)).toBe('connected')
    expect(await dial(open({ settings: { allow } }), 'db.test', port)).toBe('connected')
    expect(await dial(open({ settings: { allow } }), '127.0.0.1', port + 1)).toBeInstanceOf(EgressDenied)
    expect(await dial(open({ settings: { private: true } }), 'db.test', port)).toBe('connected')
    const deny = open({ settings: { private: true, deny: [`db.test:${port}`] } })
    expect(await dial(deny, 'db.test', port)).toBeInstanceOf(EgressDenied)
  })

  test('is checked each time: a name that leads inside the second time fails', async ({ expect }) => {
    await using inside = await startFarSide(() => undefined)
    const resolve = resolveTo(['127.0.0.1'], ['127.0.0.2'])
    const dialer = open({ resolve, settings: { allow: ['127.0.0.1'] } })
    expect(await dial(dialer, 'rebind.test', inside.port)).toBe('connected')
    expect(await dial(dialer, 'rebind.test', inside.port)).toBeInstanceOf(EgressDenied)
  })

  test('leads to none of the addresses of a name that are not admitted', async ({ expect }) => {
    await using inside = await startFarSide(() => undefined)
    const resolve = resolveTo(['127.0.0.2', '127.0.0.1'])
    const dialer = open({ resolve, settings: { allow: ['127.0.0.1'] } })
    expect(await dial(dialer, 'mixed.test', inside.port)).toBe('connected')
    expect(inside.sockets[0]?.localAddress).toBe('127.0.0.1')
  })

  test('to the port of mail is refused, whatever the policy opens', async ({ expect }) => {
    const settings = { private: true, allow: ['127.0.0.1:25', 'mail.test:25'] }
    expect(await dial(open({ settings }), '127.0.0.1', 25)).toBeInstanceOf(EgressDenied)
    expect(await dial(open({ settings }), 'mail.test', 25)).toBeInstanceOf(EgressDenied)
  })

  test("to the apps' own port is refused, under a name, too, and to the operator's always", async ({
    expect,
  }) => {
    await using inside = await startFarSide(() => undefined)
    const { port } = inside
    const own = { settings: { allow: ['app.test'] }, machine: { tenantPort: port } }
    expect(await dial(open(own), 'app.test', port)).toBeInstanceOf(EgressDenied)
    expect(await dial(open(own), '127.0.0.1', port)).toBeInstanceOf(EgressDenied)
    const operator = { settings: { private: true }, machine: { operatorPort: port } }
    expect(await dial(open(operator), '127.0.0.1', port)).toBeInstanceOf(EgressDenied)
    expect(inside.sockets).toEqual([])
  })

  test('is one of so many', async ({ expect }) => {
    await using inside = await startFarSide(() => undefined)
    const target = parseTarget('127.0.0.1', inside.port)!
    const dialer = open({ settings: { private: true }, most: 2 })
    const [first, second] = [dialer.dial(target), dialer.dial(target)]
    expect(() => dialer.dial(target)).toThrow(TooManyConnections)
    await once(first, 'connect')
    first.destroy()
    await once(first, 'close')
    expect(dialer.open).toBe(1)
    const third = dialer.dial(target)
    for (const socket of [second, third]) socket.destroy()
    await Promise.all([once(second, 'close'), once(third, 'close')])
    expect(dialer.open).toBe(0)
  })
})

describe('a target', () => {
  test.for<[hostname: string, port: number, target: object | undefined]>([
    ['DB.Example.', 5432, { hostname: 'db.example', port: 5432 }],
    ['bücher.example', 1, { hostname: 'xn--bcher-kva.example', port: 1 }],
    ['[::1]', 65_535, { hostname: '::1', port: 65_535 }],
    ['::1', 80, { hostname: '::1', port: 80 }],
    ['127.1', 80, { hostname: '127.0.0.1', port: 80 }],
    ['a_b.example', 80, { hostname: 'a_b.example', port: 80 }],
    ['', 80, undefined],
    ['a', 0, undefined],
    ['a', 65_536, undefined],
    ['a', 1.5, undefined],
    ['a', NaN, undefined],
    ['a b', 80, undefined],
    ['a:81', 80, undefined],
    ['u@a', 80, undefined],
    ['a/b', 80, undefined],
    ['a?b', 80, undefined],
    ['a#b', 80, undefined],
    ['a\\b', 80, undefined],
    ['a%2fb', 80, undefined],
    ['fe80::1%eth0', 80, undefined],
    ['[::1', 80, undefined],
    ['a\0b', 80, undefined],
    ['.', 80, undefined],
    ['x'.repeat(300), 80, undefined],
  ])('%s and %s', ([hostname, port, target], { expect }) => {
    expect(parseTarget(hostname, port)).toEqual(target)
  })
})
