/** What code tells of itself with `node:diagnostics_channel`, in Node.js and in an app alike. */

import { AsyncLocalStorage } from 'node:async_hooks'
import channels, {
  channel,
  hasSubscribers,
  subscribe,
  tracingChannel,
  unsubscribe,
} from 'node:diagnostics_channel'

type Seen = unknown[]

function listen(seen: Seen) {
  const hear =
    (stage: string) =>
    (context: unknown): void => {
      const { result, error } = context as { result?: unknown; error?: Error }
      seen.push([stage, result ?? null, error?.message ?? null])
    }
  return {
    start: hear('start'),
    end: hear('end'),
    asyncStart: hear('asyncStart'),
    asyncEnd: hear('asyncEnd'),
    error: hear('error'),
  }
}

const fail = (): never => {
  throw new Error('on purpose')
}
const attempt = async (run: () => unknown): Promise<unknown> => {
  try {
    return await run()
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
}

export async function runChannelCases(): Promise<unknown> {
  const seen: Seen = []
  const one = channel('one')
  const hear = (message: unknown, name: unknown): unknown => seen.push([message, name])
  const outcomes: unknown[] = [one === channel('one'), one.hasSubscribers, hasSubscribers('one')]
  subscribe('one', hear)
  one.publish({ a: 1 })
  outcomes.push(one.hasSubscribers, unsubscribe('one', hear), one.unsubscribe(hear), one.hasSubscribers)
  one.publish('unheard')

  const storage = new AsyncLocalStorage<string>()
  one.bindStore(storage, (message) => `store of ${String(message)}`)
  outcomes.push(
    one.runStores('x', (a: number) => [a, storage.getStore()], undefined, 5),
    storage.getStore() ?? null,
  )
  outcomes.push(one.unbindStore(storage), one.unbindStore(storage))

  const traced = tracingChannel('calls')
  outcomes.push(
    traced.traceSync((a: number) => a + 1, {}, undefined, 1),
    traced.hasSubscribers,
  )
  const handlers = listen(seen)
  traced.subscribe(handlers)
  outcomes.push(traced.traceSync((a: number) => a + 1, {}, undefined, 1))
  outcomes.push(await attempt(() => traced.traceSync(fail)))
  outcomes.push(await traced.tracePromise(async (a: number) => a * 2, {}, undefined, 4))
  outcomes.push(await attempt(() => traced.tracePromise(async () => fail())))
  const later = (a: number, done: (error: Error | null, result?: number) => void): void => done(null, a)
  outcomes.push(
    await new Promise((resolve) =>
      traced.traceCallback(later, -1, {}, undefined, 7, (_error, result) => resolve(result)),
    ),
  )
  outcomes.push(traced.unsubscribe(handlers), traced.hasSubscribers)
  const { start } = tracingChannel({ start: one, end: one, asyncStart: one, asyncEnd: one, error: one })
  outcomes.push(start === one, String(traced.start.name), typeof channels.Channel)
  outcomes.push(
    await attempt(() => channel(5 as unknown as string)).then((text) => String(text).slice(0, 45)),
  )
  return { outcomes, seen }
}
