/** What the command line says to people: where the apps are, how large a component became, what went wrong. Pure. */

import type { AppConfig, Config } from '../config/config.ts'
import type { NanoError } from '../errors.ts'

/** Where the apps are. */
export interface Place extends Pick<Config, 'host' | 'port' | 'tls'> {}

/** `http` and the rest of it, for an address to connect to. */
export function toOrigin({ host, port, tls }: Place): string {
  return `${tls === undefined ? 'http' : 'https'}://${toReachable(host)}:${port}`
}

/** Each app with a curl line that works on this machine. `everyHost`: the one app answers whatever the host name. */
export function toAnnouncement(
  apps: readonly Pick<AppConfig, 'name' | 'hostname'>[],
  place: Place,
  everyHost: boolean,
): string {
  const origin = toOrigin(place)
  if (everyHost) return `${apps[0]?.name ?? 'app'}  every host name  curl ${origin}/\n`
  if (apps.length === 0) return 'no apps yet; nano-workers deploy brings one\n'
  const width = Math.max(...apps.map((app) => app.name.length))
  const hostWidth = Math.max(...apps.map((app) => app.hostname.length))
  return apps
    .map(
      ({ name, hostname }) =>
        `${name.padEnd(width)}  ${hostname.padEnd(hostWidth)}  ${toCurl(hostname, place)}\n`,
    )
    .join('')
}

/**
 * `.localhost` names resolve to the loopback addresses in curl and browsers; other names need the Host header, or to be
 * led here where their certificate is looked at.
 */
function toCurl(hostname: string, place: Place): string {
  const { host, port, tls } = place
  const address = toReachable(host)
  const isLoopback = address === '127.0.0.1' || address === '[::1]' || address === 'localhost'
  const resolves = isLoopback && (hostname === 'localhost' || hostname.endsWith('.localhost'))
  if (resolves || hostname === address) return `curl ${toOrigin({ ...place, host: hostname })}/`
  return tls === undefined
    ? `curl -H 'Host: ${hostname}' ${toOrigin(place)}/`
    : `curl --resolve ${hostname}:${port}:${address} ${toOrigin({ ...place, host: hostname })}/`
}

/** An address to connect to, for one that was listened on. */
export function toReachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

/** One line per problem, with the code once. */
export function toComplaint(error: NanoError): string {
  const help = error.code === 'USAGE' ? '\nnano-workers --help shows what there is' : ''
  const lines = error.message.includes('\n') ? `\n${error.message}` : ` ${error.message}`
  return `nano-workers: ${error.code}:${lines}${help}\n`
}

export function toSize(bytes: number): string {
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** `1.5 s`, or milliseconds below a second. */
export function toDuration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** Said at the start. */
export const LOOPBACK_WARNING =
  "--allow-loopback: apps may reach this machine's own ports (127.0.0.1, ::1, localhost), databases and other people's " +
  'programs included; leave it off wherever apps of others are served'
