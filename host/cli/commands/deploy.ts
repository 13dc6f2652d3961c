/** `deploy`: a component, or an app's source, to a running server. */

import { resolve } from 'node:path'

import type { Command } from 'commander'

import { isOci, parseReference, REFERENCE_FORM } from '../../config/oci-reference.ts'
import { hasWrangler } from '../../wrangler/find.ts'
import { AdminClient } from '../admin-client.ts'
import { toDeploySettings } from '../deploy-settings.ts'
import { Progress } from '../progress.ts'
import { readApp, readSettings } from '../read-app.ts'
import { sendAssets } from '../send-assets.ts'
import { toReportText } from '../report-text.ts'
import type { Report } from '../report-text.ts'
import { flag, integer, option, repeatable, text, usage } from '../usage.ts'
import { addWranglerOptions, openProject, toName, toWarnings } from '../wrangler-project.ts'
import type { WranglerOptions } from '../wrangler-project.ts'

interface DeployOptions extends WranglerOptions {
  readonly name?: string
  readonly hostname?: string
  readonly settings?: string
  readonly allowRead?: readonly string[]
  readonly assets?: string
  /** `--no-traffic`. */
  readonly traffic: boolean
  readonly percent?: number
  readonly json?: true
}

export function addDeploy(program: Command): void {
  const command = program
    .command('deploy')
    .summary('deploy an app to a running server')
    .description(
      'Deploy a component to a running server, or a source that is built first. Ends when every shard serves it.',
    )
    .argument(
      '[app]',
      'a component, a source file, or a directory with a wrangler file or an index file; or oci://... of a registry, which the server pulls; none: --assets alone, or this directory',
    )
    .addOption(
      option('--name <name>', "the app's name (default: that of its wrangler file, or the file's)", text),
    )
    .addOption(
      option(
        '--hostname <host>',
        'requests for it go to the app (default: the first route of its wrangler file, or as before, or the name)',
        text,
      ),
    )
    .addOption(
      option(
        '--settings <file>',
        'JSON: env, limits, egress and foreign as in nano.json, sticky_by (default: those of its wrangler file, else as before)',
        text,
      ),
    )
    .addOption(
      option(
        '--assets <dir>',
        "the app's files (default: assets.directory of --settings, or as before)",
        text,
      ),
    )
    .option('--no-traffic', 'keep the version, and serve the one before until it is promoted')
    .addOption(
      option(
        '--percent <n>',
        'serve the version to a part of the clients, and the one before to the rest',
        integer([0, 100]),
      ),
    )
    .addOption(repeatable('--allow-read <path>', 'as for build'))
    .addOption(flag('--json', 'print the report as JSON'))
  addWranglerOptions(command).action(deploy)
}

async function deploy(app: string | undefined, options: DeployOptions): Promise<void> {
  const { percent: given, settings: file, traffic } = options
  if (!traffic && given !== undefined) throw usage('expected --no-traffic or --percent, got both')
  using progress = new Progress(process.stderr)
  if (app !== undefined && isOci(app)) return await deployArtifact(app, options, progress)
  const path = app ?? (options.assets === undefined && hasWrangler('.') ? '.' : undefined)
  const project = path === undefined ? undefined : await openProject(resolve(path), options)
  const routes = options.hostname === undefined ? (project?.routeWarnings ?? []) : []
  for (const warning of [...toWarnings(project, options), ...routes]) progress.warn(warning)
  const own = file === undefined ? undefined : { file, text: readSettings(file) }
  const settings = toDeploySettings(project, own, options.allowRead)
  const directory = options.assets ?? settings.directory
  const what = project?.isFilesAlone === true ? undefined : path
  const subject = what ?? directory
  if (subject === undefined) throw usage('expected an app, --assets, or both')
  const name = options.name ?? project?.name ?? toName(resolve(subject))
  const client = new AdminClient()
  const form = new FormData()
  if (settings.text !== undefined) form.append('settings', settings.text)
  progress.show({ text: `opening ${subject}`, done: 0, total: 1 })
  let size = 1
  if (what !== undefined) {
    const { component, sourceMap } = await readApp(what, options, progress)
    size = component.length
    form.append('component', new Blob([new Uint8Array(component)]), 'component.wasm')
    if (sourceMap !== undefined) form.append('source_map', new Blob([sourceMap]), 'component.wasm.map')
  }
  if (directory !== undefined) {
    const within = options.assets === undefined ? settings.within : undefined
    form.append('assets', await sendAssets(client, name, { directory, within }, progress))
  }
  const place = toPlace(name, options, {
    hostname: options.hostname ?? project?.hostname,
    keep: settings.keepsOthers ? 'true' : undefined,
  })
  const report = await client.ask<Report>('PUT', place, { form, onSent: toMeter(subject, size, progress) })
  tell(report, options, progress)
}

/** The server pulls it: with its credentials, and by its rules. */
async function deployArtifact(from: string, options: DeployOptions, progress: Progress): Promise<void> {
  const { assets, allowRead, env, hostname, runBuild, settings: file } = options
  const isOfSource = [assets, allowRead, env, runBuild].some((each) => each !== undefined)
  if (isOfSource) throw usage('expected options for an app of a registry, got some for sources or files')
  const reference = parseReference(from)
  if (reference === undefined) throw usage(`expected ${REFERENCE_FORM}, got "${from}"`)
  const name = options.name ?? reference.repository.split('/').at(-1)!
  const form = new FormData()
  if (file !== undefined) form.append('settings', readSettings(file))
  progress.show({ text: `the server pulls ${from}`, done: 0, total: 1 })
  const asked = file === undefined ? {} : { form }
  const place = toPlace(name, options, { hostname, from })
  tell(await new AdminClient().ask<Report>('PUT', place, asked), options, progress)
}

function toPlace(
  name: string,
  { traffic, percent }: DeployOptions,
  more: Readonly<Record<string, string | undefined>>,
): string {
  const part = traffic ? percent : 0
  const all = Object.entries({ ...more, percent: part?.toString() })
  const query = new URLSearchParams(all.filter((entry): entry is [string, string] => entry[1] !== undefined))
  return `/admin/apps/${encodeURIComponent(name)}?${query.toString()}`
}

function tell(report: Report, { json }: DeployOptions, progress: Progress): void {
  progress.clear()
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : toReportText(report))
}

/** Shows how far an upload is, on a terminal; elsewhere that it has begun. */
function toMeter(app: string, size: number, progress: Progress): (sent: number) => void {
  let shown = -1
  return (sent) => {
    const percent = Math.min(100, Math.floor((sent / size) * 100))
    if (percent === shown || (shown >= 0 && !process.stderr.isTTY)) return
    shown = percent
    const text =
      percent < 100 ? `uploading ${app}, ${percent}%` : `${app} is uploaded; waiting until it serves`
    progress.show({ text, done: 0, total: 1 })
  }
}
