/** Hosts of a fleet: a change that one of them takes is served by all. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { NatsServer, NO_NATS } from '../harness/nats.ts'
import { serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { ask, becomes, toDeploy } from './hosts.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-fleet-'))

afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(NO_NATS !== undefined)(`a fleet${NO_NATS ? ` (skipped: ${NO_NATS})` : ''}`, () => {
  let nats: NatsServer
  beforeAll(async () => {
    nats = await NatsServer.start()
  })
  afterAll(() => nats[Symbol.asyncDispose]())

  const open = (host: string): Promise<Served> =>
    serve([], 1, {
      dataDirectory: join(folder, host),
      fleet: { nats: nats.url, host, key: false },
    })

  test('serves everywhere what one host takes, what others change, and what was before a restart', async ({
    expect,
  }) => {
    await using b = await open('b')
    {
      await using a = await open('a')
      expect(await a.deployed.deploy(toDeploy('shop', 'one'))).toMatchObject({ version: 1, serves: true })
      await becomes(b, 'shop.test', 'one')
      expect(await b.deployed.deploy(toDeploy('shop', 'two'))).toMatchObject({ version: 2, previous: 1 })
      await becomes(a, 'shop.test', 'two')
      // a version that this host never had
      expect((await a.deployed.rollBack('shop')).version).toBe(1)
      await becomes(b, 'shop.test', 'one')
      await a.deployed.deploy(toDeploy('goes', 'x'))
      await becomes(b, 'goes.test', 'x')
    }
    await b.deployed.remove('goes')
    await b.deployed.promote('shop', 2, 100)
    await using a = await open('a')
    expect([await ask(a, 'shop.test'), await ask(a, 'goes.test')]).toEqual(['two', '404'])
    await using c = await open('c')
    expect([await ask(c, 'shop.test'), await ask(c, 'goes.test')]).toEqual(['two', '404'])
    expect((await c.deployed.versions('shop')).map(({ number }) => number)).toEqual([2, 1])
  })
})
