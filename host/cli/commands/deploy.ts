/** `deploy`: a component, or an app's source, to a running server. */

import { readFileSync } from 'node:fs'
import { basename, dirname, extname, resolve } from 'node:path'

import type { Command } from 'commander'

import { readComponentFile } from '../../deploy/open-component.ts'
import { NanoError } from '../../errors.ts'
import { AdminClient } from '../admin-client.ts'
import { Progress } from '../progress.ts'
import { sendAssets } from '../send-assets.ts'
import { toReportText } from '../report-text.ts'
import type { Report } from '../report-text.ts'
import { flag, integer, option, repeatable, text, usage } from '../usage.ts'

interface DeployOptions {
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
  program
    .command('deploy')
    .summary('deploy an app to a running server')
    .description(
      'Deploy a component to a running server, or a source that is built first. Ends when every shard serves it.',
    )
    .argument('[app]', 'a component, a source file or a directory with an index file; none: --assets alone')
    .addOption(option('--name <name>', "the app's name (default: the file's)", text))
    .addOption(
      option('--hostname <host>', 'requests for it go to the app (default: as before, or the name)', text),
    )
    .addOption(
      option(
        '--settings <file>',
        'JSON: env, limits and egress as in nano.json, sticky_by (default: as before, or the defaults)',
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
    .action(deploy)
}

async function deploy(app: string | undefined, options: DeployOptions): Promise<void> {
  const { hostname, settings, traffic, json } = options
  const directory = options.assets ?? toDirectory(settings)
  const given = app ?? directory
  if (given === undefined) throw usage('expected an app, --assets, or both')
  const { name = basename(resolve(given), extname(given)) } = options
  if (!traffic && options.percent !== undefined) throw usage('expected --no-traffic or --percent, got both')
  const client = new AdminClient()
  const form = new FormData()
  if (settings !== undefined) form.append('settings', readSettings(settings))
  using progress = new Progress(process.stderr)
  progress.show({ text: `opening ${given}`, done: 0, total: 1 })
  let size = 1
  if (app !== undefined) {
    const { component, sourceMap } = await readApp(app, options, progress)
    size = component.length
    form.append('component', new Blob([new Uint8Array(component)]), 'component.wasm')
    if (sourceMap !== undefined) form.append('source_map', new Blob([sourceMap]), 'component.wasm.map')
  }
  if (directory !== undefined) form.append('assets', await sendAssets(client, name, directory, progress))
  const query = new URLSearchParams()
  if (hostname !== undefined) query.set('hostname', hostname)
  const percent = traffic ? options.percent : 0
  if (percent !== undefined) query.set('percent', String(percent))
  const path = `/admin/apps/${encodeURIComponent(name)}?${query.toString()}`
  const report = await client.ask<Report>('PUT', path, {
    form,
    onSent: toMeter(given, size, progress),
  })
  progress.clear()
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : toReportText(report))
}

async function readApp(app: string, { allowRead = [] }: DeployOptions, progress: Progress) {
  const listener = {
    onBuild: () => progress.show({ text: `building ${app}`, done: 0, total: 1 }),
    onWarning: (warning: string) => progress.warn(warning),
  }
  return await readComponentFile(resolve(app), listener, {
    allowRead: allowRead.map((each) => resolve(each)),
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

/** The directory that the settings name, relative to them. */
function toDirectory(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  try {
    const { assets } = JSON.parse(readSettings(file)) as { assets?: { directory?: unknown } }
    const directory = assets?.directory
    return typeof directory === 'string' ? resolve(dirname(file), directory) : undefined
  } catch (error) {
    if (error instanceof NanoError) throw error
    // the server says what is wrong with them
    return undefined
  }
}

function readSettings(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw usage(`--settings: ${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`)
  }
}
