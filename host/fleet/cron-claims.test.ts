/** Several clocks, as the hosts of a fleet have them, before one NATS server. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { NatsServer, NO_NATS } from '../../test/harness/nats.ts'
import { Schedule } from '../cron/schedule.ts'
import type { RunOutcome } from '../cron/outcome.ts'
import { CronClaims } from './cron-claims.ts'
import { openConnection } from './open-connection.ts'

const OK: RunOutcome = { code: undefined, noRetry: false, ms: 5, cpuMs: 1, marks: [] }
const MINUTE = 60_000
const BOUNDARY = Date.UTC(2026, 10, 26, 9)
const EACH_MINUTE = { crons: ['* * * * *'], timeZone: 'UTC', overlap: false }
const directory = mkdtempSync(join(tmpdir(), 'nano-claims-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe.skipIf(NO_NATS !== undefined)(
  `the clock of a fleet${NO_NATS ? ` (skipped: ${NO_NATS})` : ''}`,
  async () => {
    if (NO_NATS !== undefined) return
    const server = await NatsServer.start()
    afterAll(() => server[Symbol.asyncDispose]())
    const connect = async (name: string, host: string) => {
      const connection = await openConnection({ name, host, servers: [server.url] }, () => undefined)
      await connection.first
      return connection
    }

    /** A host's clock, which shows `at` now. `run`: how it runs; begun runs go into `begun`. */
    async function open(fleet: string, host: string, at: number, run: () => Promise<RunOutcome>) {
      const connection = await connect(fleet, host)
      const claims = new CronClaims(connection)
      const since = performance.now()
      const begun: number[] = []
      const log: string[] = []
      const schedule = new Schedule({
        claims,
        directory: join(directory, fleet, host),
        now: () => Math.round(at + performance.now() - since),
        run(_, { scheduledTime }) {
          begun.push(scheduledTime)
          return run()
        },
        log: ({ text }) => log.push(text),
      })
      schedule.set('shop', EACH_MINUTE)
      schedule.start()
      return {
        schedule,
        begun,
        log,
        claims,
        async [Symbol.asyncDispose]() {
          schedule[Symbol.dispose]()
          claims[Symbol.dispose]()
          await connection[Symbol.asyncDispose]()
        },
      }
    }

    test('begins a run once, although clocks differ', { timeout: 20_000 }, async ({ expect }) => {
      const run = async () => OK
      // one is a second late, one two
      await using one = await open('differ', 'one', BOUNDARY - 400, run)
      await using two = await open('differ', 'two', BOUNDARY - 1400, run)
      await using three = await open('differ', 'three', BOUNDARY - 2400, run)
      const begun = () => [...one.begun, ...two.begun, ...three.begun]
      await expect.poll(begun, { timeout: 10_000 }).toEqual([BOUNDARY])
      await new Promise((resolve) => setTimeout(resolve, 3000))
      expect(begun()).toEqual([BOUNDARY])
      const counts = [one, two, three].map(({ schedule }) => schedule.counts.get('shop')!)
      expect(counts.reduce((sum, { ok }) => sum + ok, 0)).toBe(1)
      expect(counts.reduce((sum, { missed }) => sum + missed, 0)).toBe(0)
    })

    test(
      'says once what nobody has begun, and that a run is not done',
      { timeout: 20_000 },
      async ({ expect }) => {
        const never = () => new Promise<RunOutcome>(() => undefined)
        {
          await using first = await open('missed', 'one', BOUNDARY - 300, never)
          await expect.poll(() => first.begun, { timeout: 10_000 }).toEqual([BOUNDARY])
          // the next minute, while the first host is still at it
          await using second = await open('missed', 'two', BOUNDARY + MINUTE - 300, never)
          await expect
            .poll(() => second.log, { timeout: 10_000 })
            .toEqual(['missed 1 run of "* * * * *": the run before is not done'])
          expect(second.begun).toEqual([])
        }
        // both are gone, and come back three minutes later
        const done = async () => OK
        await using one = await open('missed', 'one', BOUNDARY + 5 * MINUTE - 300, done)
        await using two = await open('missed', 'two', BOUNDARY + 5 * MINUTE - 300, done)
        const said = () => [...one.log, ...two.log]
        await expect
          .poll(() => [...said()], { timeout: 10_000 })
          .toContain('missed 3 runs of "* * * * *": no host of the fleet began them')
        expect(said().filter((text) => text.includes('no host'))).toHaveLength(1)
      },
    )

    test(
      'begins it when the servers are back soon, and on one host alone',
      { timeout: 30_000 },
      async ({ expect }) => {
        const run = async () => OK
        await using one = await open('back', 'one', BOUNDARY - 500, run)
        await using two = await open('back', 'two', BOUNDARY - 500, run)
        await server.kill()
        await new Promise((resolve) => setTimeout(resolve, 1000))
        expect([...one.begun, ...two.begun]).toEqual([])
        await server.start()
        await expect.poll(() => [...one.begun, ...two.begun], { timeout: 20_000 }).toEqual([BOUNDARY])
        await new Promise((resolve) => setTimeout(resolve, 3000))
        expect([...one.begun, ...two.begun]).toEqual([BOUNDARY])
      },
    )
  },
)
