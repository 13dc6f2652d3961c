import { AsyncLocalStorage } from 'node:async_hooks'
import async from 'async'
import { Effect, Schedule, Stream } from 'effect'
import { assign, createActor, createMachine, waitFor } from 'xstate'

const storage = new AsyncLocalStorage()
const machine = createMachine({
  initial: 'waiting',
  context: { count: 0 },
  states: {
    waiting: { after: { 2: 'done' } },
    done: { type: 'final', entry: assign({ count: 5 }) },
  },
})

async function double(n) {
  return n * 2
}

async function retried() {
  let tries = 0
  const trying = Effect.suspend(() => (++tries < 3 ? Effect.fail('not yet') : Effect.succeed(tries)))
  return await Effect.runPromise(Effect.retry(trying, Schedule.recurs(5)))
}

async function run() {
  const actor = createActor(machine).start()
  const { value, context } = await waitFor(actor, ({ status }) => status === 'done')
  return [
    await async.mapLimit([1, 2, 3], 2, double),
    await async.mapSeries([1, 2], async (n) => `${storage.getStore()}${n}`),
    Array.from(await Effect.runPromise(Stream.runCollect(Stream.range(1, 5)))),
    await retried(),
    [value, context, storage.getStore()],
  ]
}

export default {
  fetch: async () => Response.json(await storage.run('request', run)),
}
