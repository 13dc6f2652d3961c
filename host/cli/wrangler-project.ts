/** The wrangler file of the app that a command is about, and what a command line says of it. */

import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'

import type { Command } from 'commander'

import { isComponent } from '../deploy/open-component.ts'
import { NanoError } from '../errors.ts'
import { openWrangler, toUnbuilt } from '../wrangler/app.ts'
import type { WranglerApp } from '../wrangler/app.ts'
import { findFolder, findWrangler, hasWrangler } from '../wrangler/find.ts'
import { flag, option, text, usage } from './usage.ts'

export const CONFIG = 'nano.json'
const MANIFEST = 'package.json'
/** What nobody needs who builds an app. */
const TOKEN = 'NANO_ADMIN_TOKEN'

export interface WranglerOptions {
  readonly env?: string | undefined
  readonly runBuild?: true | undefined
}

export function addWranglerOptions(command: Command): Command {
  return command
    .addOption(option('--env <name>', 'the environment of the wrangler file (default: CLOUDFLARE_ENV)', text))
    .addOption(flag('--run-build', 'first run build.command of the wrangler file, in a shell'))
}

export function toEnvironment({ env }: WranglerOptions): string | undefined {
  return env ?? (process.env['CLOUDFLARE_ENV'] || undefined)
}

/** The nearest folder with a configuration, a package or a wrangler file; that of the sources themselves when there is none. */
export function findProject(path: string): string {
  const own = toFolder(path)
  for (let folder = own; folder !== dirname(folder); folder = dirname(folder)) {
    const isOne = [CONFIG, MANIFEST].some((name) => existsSync(join(folder, name)))
    if (isOne || hasWrangler(folder)) return folder
  }
  return own
}

/** The folder of the wrangler file. `path`: of sources. A component has none. */
export function findWranglerFolder(path: string): string | undefined {
  return isComponent(path) ? undefined : findFolder(toFolder(path), findProject(path))
}

/** What the file says, once its build has run if somebody wants that. Throws WRANGLER_INVALID. */
export async function openProject(path: string, options: WranglerOptions): Promise<WranglerApp | undefined> {
  const folder = findWranglerFolder(path)
  const file = folder === undefined ? undefined : findWrangler(folder)
  const project = file === undefined ? undefined : openWrangler(file, toEnvironment(options))
  if (options.runBuild === true) await runBuild(project)
  return project
}

/** What is to be said of a file before its app is built. */
export function toWarnings(
  project: WranglerApp | undefined,
  { runBuild }: WranglerOptions,
): readonly string[] {
  if (project?.build === undefined || runBuild === true) return project?.warnings ?? []
  return [...project.warnings, toUnbuilt(project)]
}

/** Of an app that is named nowhere. */
export function toName(path: string): string {
  return basename(path, extname(path))
}

async function runBuild(project: WranglerApp | undefined): Promise<void> {
  if (project?.build === undefined) {
    throw usage(`--run-build: expected a build.command in ${project?.file ?? 'a wrangler file'}, got none`)
  }
  const { command, folder } = project.build
  const { [TOKEN]: _token, ...env } = process.env
  // stdout is for what the command itself answers
  const child = spawn(command, {
    shell: true,
    cwd: folder,
    env,
    stdio: ['ignore', process.stderr, process.stderr],
  })
  const ended = await new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message))
    child.once('exit', (status, signal) =>
      resolve(status === 0 ? '' : `it ended with ${signal ?? `status ${status}`}`),
    )
  })
  if (ended !== '')
    throw new NanoError('BUILD_FAILED', `${project.file}: build.command: ${command}: ${ended}`)
}

function toFolder(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? path : dirname(path)
}
