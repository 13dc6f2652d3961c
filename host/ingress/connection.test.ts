/**
 * The order of a connection's requests and its end, by a model: whatever clients and tenants do, in whatever order, each
 * request is begun in its turn, one at a time, none after the end, and nothing is left when the client has gone.
 */

import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

import { assert, asyncModelRun, asyncProperty, commands, constant } from 'fast-check'
import type { AsyncCommand } from 'fast-check'
import { describe, it } from 'vitest'

import { startIngress, toBytes, toHeaders } from '../../test/harness/ingress.ts'
import type { Started } from '../../test/harness/ingress.ts'
import { waitFor } from '../../test/harness/serve.ts'
import { parseResponses } from '../../test/harness/socket.ts'
import type { Exchange } from '../tenant/exchange.ts'

const SEED = 20_261_123
const RUNS = 40
const PATIENCE_MS = 10_000

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const POST = 'POST / HTTP/1.1\r\nHost: a\r\n'
const WHOLE = [
  GET,
  GET.repeat(3),
  // more than a connection reads ahead
  GET.repeat(60),
  `${POST}Content-Length: 2\r\n\r\nhi`,
  `${POST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`,
]
/** Head, and what is missing. */
const TORN = [
  [`${POST}Content-Length: 20000\r\n\r\n`, 'x'.repeat(20_000)],
  [`${POST}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n0\r\n\r\n'],
] as const

/** What should be. */
interface Model {
  /** Requests whose head was sent. */
  sent: number
  answered: number
  /** What is missing of the last one. */
  rest: string | undefined
  /** What became of the connection. */
  end: 'rejected' | 'last' | 'left' | undefined
}

/** What is. */
interface Real {
  readonly started: Started
  readonly client: Socket
  readonly begun: Exchange[]
  received: string
  /** At the server's side. */
  isClosed: boolean
}

/** Something that client or tenant can do while the connection is open. */
function toStep(
  name: string,
  isPossible: (model: Readonly<Model>) => boolean,
  run: (model: Model, real: Real) => void,
): AsyncCommand<Model, Real> {
  return {
    toString: () => name,
    check: (model) => model.end === undefined && isPossible(model),
    run: async (model, real) => {
      run(model, real)
      if (model.end === undefined) await settle(model, real)
      else if (model.end === 'left') await waitFor(() => real.isClosed || undefined, PATIENCE_MS, model)
    },
  }
}

const isWhole = ({ rest }: Model): boolean => rest === undefined

const STEPS = [
  ...WHOLE.map((text) =>
    toStep(`send ${JSON.stringify(text.slice(0, 100))}`, isWhole, (model, { client }) => {
      client.write(text)
      model.sent += text.split(' HTTP/').length - 1
    }),
  ),
  ...TORN.map(([head, rest]) =>
    toStep(`send ${JSON.stringify(head)}`, isWhole, (model, { client }) => {
      client.write(head)
      model.sent++
      model.rest = rest
    }),
  ),
  toStep(
    'send the rest',
    (model) => !isWhole(model),
    (model, { client }) => {
      client.write(model.rest!)
      model.rest = undefined
    },
  ),
  ...(['whole', 'streamed', 'failed'] as const).map((how) =>
    toStep(
      `answer: ${how}`,
      (model) => model.answered < model.sent - (isWhole(model) ? 0 : 1),
      (model, real) => answer(model, real, how),
    ),
  ),
  toStep('send rubbish', isWhole, (model, { client }) => {
    client.write('BAD\r\n\r\n')
    model.end = 'rejected'
  }),
  toStep('send a last request', isWhole, (model, { client }) => {
    client.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${GET}`)
    model.sent++
    model.end = 'last'
  }),
  toStep(
    'end',
    () => true,
    (model, { client }) => {
      client.end()
      model.end = 'left'
    },
  ),
  toStep(
    'reset',
    () => true,
    (model, { client }) => {
      client.resetAndDestroy()
      model.end = 'left'
    },
  ),
]

function answer(model: Model, { begun }: Real, how: 'whole' | 'streamed' | 'failed'): void {
  const exchange = begun[model.answered++]!
  if (how === 'failed') exchange.fail('APP_TIMEOUT')
  else if (how === 'whole') exchange.send(200, toHeaders(), toBytes('fine'))
  else {
    exchange.start(200, toHeaders())
    exchange.write(toBytes('fine'))
    exchange.finish()
  }
}

/** Wait until reality has come to what the model says; it comes no further. */
async function settle({ sent, answered }: Model, { begun }: Real): Promise<void> {
  const due = Math.min(sent, answered + 1)
  await waitFor(() => begun.length >= due || undefined, PATIENCE_MS, { sent, answered, begun: begun.length })
  await new Promise(setImmediate)
  if (begun.length > due) throw new Error(`expected ${due} requests to be begun, got ${begun.length}`)
}

/** What came before the end is answered in its turn, then the rubbish is, if there is any. Gives all statuses. */
async function bringToEnd(model: Model, real: Real): Promise<number[]> {
  while (model.answered < model.sent) {
    await settle(model, real)
    answer(model, real, 'whole')
  }
  await once(real.client, 'end')
  const responses = parseResponses(real.received.replaceAll('HTTP/1.1 100 Continue\r\n\r\n', ''), [])
  return responses.map(({ status }) => status)
}

async function open(): Promise<Real> {
  const begun: Exchange[] = []
  const started = await startIngress((exchange) => begun.push(exchange))
  const client = connect(started.port, '127.0.0.1')
  const real: Real = { started, client, begun, received: '', isClosed: false }
  client.setEncoding('latin1').on('data', (part) => (real.received += String(part)))
  client.on('error', () => {})
  const [socket] = (await once(started.ingress.server, 'connection')) as [Socket]
  socket.once('close', () => (real.isClosed = true))
  return real
}

describe('a connection', () => {
  it(
    'begins its requests one by one, in turn, and leaves nothing behind',
    {
      timeout: 120_000,
    },
    async ({ expect }) => {
      const steps = commands(
        STEPS.map((step) => constant(step)),
        { maxCommands: 30 },
      )
      const property = asyncProperty(steps, async (sequence) => {
        const real = await open()
        const model: Model = { sent: 0, answered: 0, rest: undefined, end: undefined }
        await asyncModelRun(() => ({ model, real }), sequence)
        if (model.end === 'rejected' || model.end === 'last') {
          const statuses = await bringToEnd(model, real)
          expect(statuses.length).toBe(model.sent + (model.end === 'rejected' ? 1 : 0))
          expect(statuses.includes(400)).toBe(model.end === 'rejected')
        }
        real.client.destroy()
        await waitFor(() => real.isClosed || undefined, PATIENCE_MS, model)
        await new Promise(setImmediate)
        const { started } = real
        const gone = started.events.filter((event) => event === 'gone').length
        expect({ gone, held: started.held() }).toEqual({ gone: real.begun.length - model.answered, held: 0 })
        await started.ingress.close(0)
      })
      await assert(property, { numRuns: RUNS, seed: SEED })
    },
  )
})
