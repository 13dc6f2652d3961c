/** `apps`: what a running server serves. */

import type { Command } from 'commander'

import { AdminClient } from '../admin-client.ts'
import { toSize } from '../messages.ts'
import { toTable } from '../table.ts'
import { flag } from '../usage.ts'

interface App {
  readonly name: string
  readonly hostname: string
  readonly owner: string
  readonly state: string
  readonly version?: number
  readonly canary?: { readonly version: number; readonly percent: number }
  readonly live_instances: number
  readonly memory_bytes: number
  readonly requests: number
  readonly errors: number
}

const HEADINGS = [
  'NAME',
  'HOST NAME',
  'OWNER',
  'STATE',
  'VERSION',
  'INSTANCES',
  'MEMORY',
  'REQUESTS',
  'ERRORS',
]

export function addApps(program: Command): void {
  program
    .command('apps')
    .summary('list the apps of a running server')
    .description('List the apps of a running server.')
    .addOption(flag('--json', 'print { "apps": [...] }'))
    .action(apps)
}

async function apps({ json }: { json?: true }): Promise<void> {
  const answer = await new AdminClient().ask<{ apps: readonly App[] }>('GET', '/admin/apps')
  process.stdout.write(json ? `${JSON.stringify(answer)}\n` : toTable([HEADINGS, ...answer.apps.map(toRow)]))
}

function toRow({ name, hostname, owner, state, version, canary, ...counts }: App): string[] {
  const { live_instances: instances, memory_bytes: memory, requests, errors } = counts
  return [
    name,
    hostname,
    owner,
    state,
    `${version ?? '-'}${canary === undefined ? '' : `, ${canary.version} (${canary.percent} %)`}`,
    String(instances),
    toSize(memory),
    String(requests),
    String(errors),
  ]
}
