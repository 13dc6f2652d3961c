/**
 * The connections of one tenant. Every request is checked when it is dispatched and every address when a connection is
 * made (connect.ts); connections are reused within one agent, so an agent is for one tenant.
 *
 * Holds: a far side that says nothing for too long is given up, before the head and within a body that somebody reads;
 * a head is bounded in bytes; what comes is handed on as guard.ts says; so many connections at the most are kept for
 * later, and not for long. One request has one connection: HTTP/2 is not spoken, so that what a far side may do to the
 * host is what can be read here.
 */
import { Agent, buildConnector, type Dispatcher, fetch, Pool } from 'undici'
import { withoutAdded } from './added-headers.ts'
import { CONNECT_MS, EgressDenied, type Resolve, toCheckedLookup } from './connect.ts'
import { Guard, type GuardPort } from './guard.ts'
import type { EgressPolicy } from './policy.ts'
import { toTarget } from './rule.ts'
import { boundUnsentWrites } from './unsent-writes.ts'

export { fetch }

export interface AgentOptions {
  readonly policy: EgressPolicy
  readonly resolve: Resolve
  /** How long to wait for the head of an answer, in milliseconds. */
  readonly headMs: number
  /** The longest pause within a body, in milliseconds. */
  readonly idleMs: number
}

/** An agent that keeps to a policy. */
export interface CheckedAgent {
  /** Uses the connections that are kept. */
  readonly dispatcher: Dispatcher
  /** Makes a connection for each request and keeps none. */
  readonly fresh: Dispatcher
  destroy(): Promise<void>
}

/** How long a connection is kept for the next request, whatever the far side proposes. */
const KEEP_MS = 10_000

/** Once so many connections are open or wanted, further ones are closed after their first answer. */
const MAX_KEPT = 64

/** Connections that are open or being made. One is made to its end although the app gave up its fetch meanwhile. */
const MAX_CONNECTIONS = 1024

/** Largest head of an answer. */
const MAX_HEAD_BYTES = 64 * 1024

/** What an agent has open. */
interface Use {
  requests: number
  connections: number
  /** How connections ended that had brought something before. */
  readonly endings: WeakSet<Error>
}

/** Open an agent; it makes no connection before its first request. */
export function openCheckedAgent(options: AgentOptions): CheckedAgent {
  const use: Use = { requests: 0, connections: 0, endings: new WeakSet() }
  const agent = openAgent(options, use)
  let freshAgent: Agent | undefined
  return {
    dispatcher: toChecked(
      agent,
      options.policy,
      use,
      () => Math.max(use.connections, use.requests) < MAX_KEPT,
    ),
    get fresh() {
      freshAgent ??= openAgent(options, use)
      return toChecked(freshAgent, options.policy, use, () => false)
    },
    async destroy() {
      await Promise.all([agent.destroy(), freshAgent?.destroy()])
    },
  }
}

function openAgent({ policy, resolve, headMs, idleMs }: AgentOptions, use: Use): Agent {
  return new Agent({
    allowH2: false,
    headersTimeout: headMs,
    bodyTimeout: idleMs,
    keepAliveMaxTimeout: KEEP_MS,
    maxHeaderSize: MAX_HEAD_BYTES,
    factory: (origin, options: object) => {
      const admits: typeof policy.admitsAddress = (...args) => policy.admitsAddress(...args)
      const lookup = toCheckedLookup(admits, toTarget(new URL(origin)), resolve)
      const connect = buildConnector({ timeout: CONNECT_MS, allowH2: false, lookup })
      return new Pool(origin, { ...options, connect: toCounted(connect, use) })
    },
  })
}

/** Checks every request. `isKept`: whether its connection may be kept for another. */
function toChecked(agent: Agent, policy: EgressPolicy, use: Use, isKept: () => boolean): Dispatcher {
  const port: GuardPort = {
    onOver: () => use.requests--,
    isOfUsed: (error) => use.endings.has(error),
  }
  return agent.compose((dispatch) => (options, handler) => {
    const target = toTarget(new URL(options.origin ?? ''))
    if (!policy.admitsHost(target)) throw new EgressDenied(target)
    const reset = !isKept()
    use.requests++
    const own = { ...options, headers: withoutAdded(options.headers ?? {}) }
    return dispatch({ ...own, ...(reset && { reset }) }, new Guard(handler, port))
  })
}

/** A connector that knows what connections there are and how they end, and makes no more than there may be. */
function toCounted(connect: buildConnector.connector, use: Use): buildConnector.connector {
  return (options, done) => {
    if (use.connections >= MAX_CONNECTIONS) {
      const error = new Error(`more than ${MAX_CONNECTIONS} connections are open`)
      return process.nextTick(() => done(error, null))
    }
    use.connections++
    connect(options, (...[error, socket]: Parameters<buildConnector.Callback>) => {
      if (error === null) {
        socket.once('close', () => use.connections--)
        socket.once('error', (ending: Error) => {
          if (socket.bytesRead > 0) use.endings.add(ending)
        })
        boundUnsentWrites(socket)
        return done(null, socket)
      }
      use.connections--
      done(error, null)
    })
  }
}
