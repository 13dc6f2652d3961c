/** `fleet`: the hosts of the fleet that a running server belongs to, and how far they are. */

import type { Command } from 'commander'

import { AdminClient } from '../admin-client.ts'
import { toTable } from '../table.ts'
import { flag } from '../usage.ts'

interface Failed {
  readonly code: string
  readonly reason: string
}

interface Fleet {
  readonly name: string
  readonly host: string
  readonly state: string
  readonly problem?: string
  readonly revision: number
  readonly hosts: readonly {
    readonly host: string
    readonly alive: boolean
    readonly release: string
    readonly seen_at: string
    readonly revision: number
    readonly failed: readonly unknown[]
  }[]
  readonly apps: readonly {
    readonly app: string
    readonly version?: number
    readonly canary?: { readonly version: number; readonly percent: number }
    readonly refused?: { readonly version: number; readonly reason: string }
    readonly converged: readonly string[]
    readonly behind: readonly string[]
    readonly failed: readonly (Failed & { readonly host: string })[]
  }[]
}

const HOSTS = ['HOST', 'STATE', 'RELEASE', 'SEEN', 'REVISION', 'FAILED']
const APPS = ['APP', 'VERSION', 'CONVERGED', 'BEHIND', 'FAILED']

export function addFleet(program: Command): void {
  program
    .command('fleet')
    .summary('show the hosts of a fleet, and how far they are')
    .description(
      'Show the hosts of the fleet that a running server belongs to, and which apps have converged where.',
    )
    .addOption(flag('--json', 'print what GET /admin/fleet gives'))
    .action(fleet)
}

async function fleet({ json }: { json?: true }): Promise<void> {
  const answer = await new AdminClient().ask<Fleet>('GET', '/admin/fleet')
  process.stdout.write(json ? `${JSON.stringify(answer)}\n` : toText(answer))
}

function toText({ name, host, state, problem, revision, hosts, apps }: Fleet): string {
  const head = `fleet ${name}, as host ${host} sees it: ${state}, at revision ${revision}${problem === undefined ? '' : `\n${problem}`}\n`
  const rows = hosts.map((each) => [
    each.host,
    each.alive ? 'alive' : 'silent',
    each.release,
    each.seen_at,
    String(each.revision),
    String(each.failed.length),
  ])
  const appRows = apps.map(({ app, version, canary, converged, behind, failed }) => [
    app,
    `${version ?? '-'}${canary === undefined ? '' : `, ${canary.version} (${canary.percent} %)`}`,
    String(converged.length),
    behind.join(' ') || '-',
    failed.map((each) => each.host).join(' ') || '-',
  ])
  const failures = apps.flatMap(({ app, failed, refused }) => [
    ...failed.map((each) => `${app} on ${each.host}: ${each.code}: ${each.reason}\n`),
    ...(refused === undefined
      ? []
      : [`${app}: version ${refused.version} was taken back: ${refused.reason}\n`]),
  ])
  return [head, toTable([HOSTS, ...rows]), toTable([APPS, ...appRows]), ...failures].join('')
}
