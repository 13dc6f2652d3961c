/** `versions`, `rollback`, `promote` and `delete`: the versions of an app that was deployed, and which of them serves. */

import type { Command } from 'commander'

import { AdminClient } from '../admin-client.ts'
import { toReportText } from '../report-text.ts'
import type { Report } from '../report-text.ts'
import { toTable } from '../table.ts'
import { flag, integer, option, usage } from '../usage.ts'

interface Version {
  readonly version: number
  readonly percent: number
  readonly hostname: string
  readonly component: string
  readonly source?: string
  readonly created_at: string
}

interface Options {
  readonly json?: true
}

const HASH_DIGITS = 12

/** The commands that concern one app. */
export function addVersions(program: Command): void {
  program
    .command('versions')
    .summary('list the versions of a deployed app')
    .description('List the versions of a deployed app, the last one first.')
    .argument('<app>', "the app's name")
    .addOption(flag('--json', 'print { "app": ..., "versions": [...] }'))
    .action(async (app: string, { json }: Options) => {
      const path = `${toPath(app)}/versions`
      const answer = await new AdminClient().ask<{ versions: readonly Version[] }>('GET', path)
      process.stdout.write(json ? `${JSON.stringify(answer)}\n` : toText(answer.versions))
    })
  program
    .command('rollback')
    .summary('serve an earlier version of a deployed app')
    .description(
      'Serve the version before the one that serves, or another one; of two that serve, the earlier one alone. ' +
        'Ends when every shard serves it.',
    )
    .argument('<app>', "the app's name")
    .argument('[version]', 'a version (default: the one before)', toVersion)
    .addOption(flag('--json', 'print the report as JSON'))
    .action((app: string, version: number | undefined, { json }: Options) =>
      change(`${toPath(app)}/rollback`, { version }, json),
    )
  program
    .command('promote')
    .summary('serve a version that was deployed to all clients, or to a part of them')
    .description(
      'Serve a version that was deployed to all clients, or to a part of them, and the version before to the rest. ' +
        'A client keeps its version while the part grows. Ends when every shard serves it.',
    )
    .argument('<app>', "the app's name")
    .argument('<version>', 'the version', toVersion)
    .addOption(option('--percent <n>', 'of the clients (default: 100; 0: none)', integer([0, 100])))
    .addOption(flag('--json', 'print the report as JSON'))
    .action((app: string, version: number, { json, percent }: Options & { readonly percent?: number }) =>
      change(`${toPath(app)}/promote`, { version, percent }, json),
    )
  program
    .command('delete')
    .summary('delete a deployed app and all its versions')
    .description(
      'Delete a deployed app and all its versions. What it has begun comes to its end, and what it has kept stays ' +
        'for whoever deploys an app of its name.',
    )
    .argument('<app>', "the app's name")
    .addOption(
      flag('--data', 'delete what it has kept as well, for good: namespaces, databases, buckets and caches'),
    )
    .action(async (app: string, { data }: { readonly data?: true }) => {
      const path = `${toPath(app)}${data === true ? '?data=true' : ''}`
      const { kept_by: hosts } = await new AdminClient().ask<{ kept_by?: readonly string[] }>('DELETE', path)
      process.stdout.write(`${app} is deleted${data === true ? ', and so is its data' : ''}\n`)
      if (hosts === undefined) return
      const text = `what ${hosts.join(', ')} may have of it on disks of their own stays there`
      process.stderr.write(`warning: ${text}\n`)
    })
}

async function change(path: string, json: object, isJson: true | undefined): Promise<void> {
  const report = await new AdminClient().ask<Report>('POST', path, { json })
  process.stdout.write(isJson ? `${JSON.stringify(report)}\n` : toReportText(report))
}

function toText(versions: readonly Version[]): string {
  const isPulled = versions.some(({ source }) => source !== undefined)
  const rows = versions.map(
    ({ version, percent, created_at: createdAt, hostname, component, source = '' }) => [
      String(version),
      percent === 0 ? '' : percent === 100 ? 'serves' : `serves ${percent} %`,
      createdAt,
      hostname,
      component.slice(0, HASH_DIGITS),
      ...(isPulled ? [source] : []),
    ],
  )
  const head = ['VERSION', '', 'DEPLOYED', 'HOST NAME', 'COMPONENT', ...(isPulled ? ['SOURCE'] : [])]
  return toTable([head, ...rows])
}

function toPath(app: string): string {
  return `/admin/apps/${encodeURIComponent(app)}`
}

function toVersion(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw usage(`version: expected a whole number from 1, got "${text}"`)
}
