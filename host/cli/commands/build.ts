/** `build`: an app's source to a component and its source map. */

import type { Command } from 'commander'

import { toDuration, toSize } from '../messages.ts'
import { Progress } from '../progress.ts'
import { integer, option, repeatable, text, usage } from '../usage.ts'

interface BuildOptions {
  readonly out?: string
  readonly allowRead?: readonly string[]
  readonly timeoutMs?: number
  readonly memoryMb?: number
}

export function addBuild(program: Command): void {
  program
    .command('build')
    .summary('build an app into a component')
    .description('Build an app into a component; its source map goes beside it.')
    .argument('<entry>', 'a source file, or a directory with an index file')
    .addOption(option('-o, --out <file>', 'the component to write; must be given', text))
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
    .action(build)
}

async function build(entry: string, { out, ...options }: BuildOptions): Promise<void> {
  if (out === undefined) throw usage('build needs -o: the file to write, such as -o app.wasm')
  using progress = new Progress(process.stderr)
  progress.show({ text: `building ${entry}`, done: 0, total: 1 })
  const { buildApp } = await import('../../build/build.ts')
  const { component, durationMs } = await buildApp({
    ...options,
    entry,
    outFile: out,
    onWarning(warning) {
      progress.clear()
      process.stderr.write(`warning: ${warning}\n`)
    },
  })
  progress.clear()
  process.stdout.write(`${out}  ${toSize(component.length)}  ${toDuration(durationMs)}\n`)
}
