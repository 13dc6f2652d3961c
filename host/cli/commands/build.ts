/** `build`: an app's source to a component and its source map, or a component to one for the current engine. */

import { resolve } from 'node:path'

import type { Command } from 'commander'

import { isComponent } from '../../deploy/open-component.ts'
import { rebuildFile } from '../../deploy/rebuild-file.ts'
import { toDuration, toSize } from '../messages.ts'
import { Progress } from '../progress.ts'
import { integer, option, repeatable, text, usage } from '../usage.ts'
import { addWranglerOptions, openProject, toEnvironment, toWarnings } from '../wrangler-project.ts'
import type { WranglerOptions } from '../wrangler-project.ts'

/** What becomes of an app whose top level cannot do without an `env`. */
const AFTERWARDS =
  'It reads env, which a build does not have: where the app is deployed, its top level runs again, with the values that it has there.'

type BuildTarget = 'nano' | 'wasi-http'

interface BuildOptions extends WranglerOptions {
  readonly out?: string
  readonly target?: BuildTarget
  readonly allowRead?: readonly string[]
  readonly timeoutMs?: number
  readonly memoryMb?: number
}

export function addBuild(program: Command): void {
  const command = program
    .command('build')
    .summary('build an app into a component')
    .description(
      'Build an app into a component; its source map goes beside it. Of a component (.wasm) one for the engine of this ' +
        'version of NANO is made, from the bundle that it carries.',
    )
    .argument('<entry>', 'a source file, a directory with a wrangler file or an index file, or a component')
    .addOption(option('-o, --out <file>', 'the component to write; must be given', text))
    .addOption(
      option('--target <target>', 'what it is for: nano, or any host of wasi-http (default: nano)', toTarget),
    )
    .addOption(
      repeatable(
        '--allow-read <path>',
        "may be read besides the app's folder and node_modules; may be repeated",
      ),
    )
    .addOption(
      option(
        '--timeout-ms <n>',
        "how long the app's top level may run (default: 30000)",
        integer([1, 3_600_000]),
      ),
    )
    .addOption(
      option(
        '--memory-mb <n>',
        "the most memory that the app's top level may take (default: 512)",
        integer([64, 4096]),
      ),
    )
  addWranglerOptions(command).action(build)
}

function toTarget(value: string): BuildTarget {
  if (value === 'nano' || value === 'wasi-http') return value
  throw usage(`--target: expected nano or wasi-http, got "${value}"`)
}

async function build(entry: string, { out, ...options }: BuildOptions): Promise<void> {
  if (out === undefined) throw usage('build needs -o: the file to write, such as -o app.wasm')
  if (isComponent(entry) && options.allowRead !== undefined) {
    throw usage('--allow-read is for sources; a component is made again from the bundle that it carries')
  }
  using progress = new Progress(process.stderr)
  const project = await openProject(resolve(entry), options)
  for (const warning of toWarnings(project, options)) progress.warn(warning)
  if (options.target === 'wasi-http' && project !== undefined) {
    const { toSettingWarnings } = await import('../../build/portable/absences.ts')
    for (const warning of toSettingWarnings(project.settings)) progress.warn(`${project.file}: ${warning}`)
  }
  progress.show({ text: `building ${entry}`, done: 0, total: 1 })
  const { env: _env, runBuild: _runBuild, ...bounds } = options
  const all = {
    ...bounds,
    environment: toEnvironment(options),
    outFile: out,
    onWarning: (warning: string) => progress.warn(warning),
  }
  const { buildApp } = await import('../../build/build.ts')
  const { component, durationMs, unmet } = await (isComponent(entry)
    ? rebuildFile(entry, all)
    : buildApp({ ...all, entry }))
  if (unmet !== undefined) progress.warn(`${unmet}\n${AFTERWARDS}`)
  progress.clear()
  process.stdout.write(`${out}  ${toSize(component.length)}  ${toDuration(durationMs)}\n`)
}
