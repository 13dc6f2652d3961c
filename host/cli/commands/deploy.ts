/** `deploy`: a component, or an app's source, to a running server. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import type { Command } from 'commander'

import { readComponentFile } from '../../deploy/open-component.ts'
import { hasWrangler } from '../../wrangler/find.ts'
import { AdminClient } from '../admin-client.ts'
import { toDeploySettings } from '../deploy-settings.ts'
import { Progress } from '../progress.ts'
import { sendAssets } from '../send-assets.ts'
import { toReportText } from '../report-text.ts'
import type { Report } from '../report-text.ts'
import { flag, integer, option, repeatable, text, usage } from '../usage.ts'
import { addWranglerOptions, openProject, toEnvironment, toName, toWarnings } from '../wrangler-project.ts'
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
      'a component, a source file, or a directory with a wrangler file or an index file; none: --assets alone, or this directory',
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
        'JSON: env, limits and egress as in nano.json, sticky_by (default: those of its wrangler file, else as before)',
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
  const { json, percent: given, settings: file, traffic } = options
  if (!traffic && given !== undefined) throw usage('expected --no-traffic or --percent, got both')
  using progress = new Progress(process.stderr)
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
  const percent = traffic ? given : 0
  const query = new URLSearchParams(
    Object.entries({
      hostname: options.hostname ?? project?.hostname,
      percent: percent?.toString(),
      keep: settings.keepsOthers ? 'true' : undefined,
    }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  const report = await client.ask<Report>(
    'PUT',
    `/admin/apps/${encodeURIComponent(name)}?${query.toString()}`,
    {
      form,
      onSent: toMeter(subject, size, progress),
    },
  )
  progress.clear()
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : toReportText(report))
}

async function readApp(app: string, options: DeployOptions, progress: Progress) {
  const { allowRead = [] } = options
  const listener = {
    onBuild: () => progress.show({ text: `building ${app}`, done: 0, total: 1 }),
    onWarning: (warning: string) => progress.warn(warning),
  }
  return await readComponentFile(resolve(app), listener, {
    allowRead: allowRead.map((each) => resolve(each)),
    environment: toEnvironment(options),
  })
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

function readSettings(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw usage(`--settings: ${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`)
  }
}
