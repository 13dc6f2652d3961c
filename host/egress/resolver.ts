/**
 * Names to addresses, for one tenant. The name servers are asked directly: the operating system's look-up takes one of
 * very few threads that the whole process has for it, so that one app's names with a slow name server would keep every
 * other app waiting.
 *
 *     hosts file  >  localhost  >  cache  >  name servers, or the system for a name without a dot
 *
 * Holds: names without a dot, which only the operator's own network can make slow, are asked for one at a time, others
 * a few at a time, whatever became of the fetches that they were for.
 */
import { lookup as lookupBySystem, type LookupAddress, promises as dns, type RecordWithTtl } from 'node:dns'
import { isIPv6 } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Resolve } from './connect.ts'
import { Gate } from './gate.ts'
import { HostsFile } from './hosts-file.ts'
import { type Found, NameCache } from './name-cache.ts'

export interface ResolverOptions {
  /** The system's unless given. */
  readonly hostsFile?: string
  /** The system's unless given. */
  readonly servers?: readonly string[]
  /** How long to wait for a server the first time, in milliseconds. */
  readonly tryMs?: number
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

/** How often each server is asked, and for how long the first time, in milliseconds. */
const TRIES = 2
const TRY_MS = 2000

/** Names that are asked for at once, and names that wait: a flood of questions would drown out everybody's. */
const AT_ONCE = 32
const IN_LINE = 1000

/** How long IPv4 addresses wait for IPv6 ones, in milliseconds. */
const SIX_MS = 200

/** The system's servers may change; after so long they are read again. */
const SERVERS_MS = 30_000

const LOCALHOST = ['127.0.0.1', '::1']

/** Open a resolver; it does nothing before it is asked. */
export function openResolver({
  hostsFile,
  servers,
  tryMs = TRY_MS,
  now = () => performance.now(),
}: ResolverOptions = {}): Resolve {
  const names = new NameCache(now)
  const hosts = new HostsFile(hostsFile)
  const network = new Gate(AT_ONCE, IN_LINE)
  const system = new Gate(1, IN_LINE)
  let resolver: dns.Resolver | undefined
  let openedAt = 0

  const ask = async (name: string): Promise<Found> => {
    if (resolver === undefined || now() - openedAt > SERVERS_MS) {
      resolver = new dns.Resolver({ timeout: tryMs, tries: TRIES })
      if (servers !== undefined) resolver.setServers(servers)
      openedAt = now()
    }
    const asSix = settle(resolver.resolve6(name, { ttl: true }))
    const four = await settle(resolver.resolve4(name, { ttl: true }))
    const late = four.records.length > 0 ? sleep(SIX_MS, NOTHING, { ref: false }) : asSix
    const six = await Promise.race([asSix, late])
    const records = [...four.records, ...six.records]
    if (records.length === 0) throw toError(name, four.error, six.error)
    const ttl = Math.min(...records.map((record) => record.ttl))
    return { addresses: records.map(({ address }) => address), ttl }
  }

  const find = async (hostname: string): Promise<readonly string[]> => {
    const name = hostname.toLowerCase().replace(/\.$/, '')
    const given = hosts.find(name)
    if (given.length > 0) return given
    if (name === 'localhost' || name.endsWith('.localhost')) return LOCALHOST
    return names.find(name, () =>
      name.includes('.') ? network.run(() => ask(name)) : system.run(() => askSystem(name)),
    )
  }

  return (hostname, { family }, done) => {
    find(hostname).then(
      (addresses) =>
        done(
          null,
          addresses.map(toEntry).filter((each) => !family || each.family === family),
        ),
      (error: Error) => done(error, []),
    )
  }
}

interface Settled {
  readonly records: readonly RecordWithTtl[]
  readonly error?: Error
}

const NOTHING: Settled = { records: [] }

async function settle(asked: Promise<RecordWithTtl[]>): Promise<Settled> {
  try {
    return { records: await asked }
  } catch (error) {
    return { records: [], error: error as Error }
  }
}

/** Why there is no address: a name is only known to be absent when neither family failed otherwise. */
function toError(name: string, four: Error | undefined, six: Error | undefined): Error {
  const isAbsence = four !== undefined && 'code' in four && four.code === 'ENODATA'
  return (isAbsence ? (six ?? four) : (four ?? six)) ?? new Error(`no address of ${name}`)
}

/** The system says nothing about how long its answer is good. */
function askSystem(name: string): Promise<Found> {
  return new Promise((resolve, reject) => {
    lookupBySystem(name, { all: true }, (error, found) => {
      if (error === null) resolve({ addresses: found.map(({ address }) => address), ttl: 0 })
      else reject(error)
    })
  })
}

function toEntry(address: string): LookupAddress {
  return { address, family: isIPv6(address) ? 6 : 4 }
}
