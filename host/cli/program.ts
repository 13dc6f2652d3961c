/**
 * The command line as a whole: its commands, each of a file in `commands/`, help for all and for each, the version. What
 * is wrong with it leaves as one USAGE error; nothing is printed here but what was asked for.
 */

import { Command, CommanderError } from 'commander'

import { addApps } from './commands/apps.ts'
import { addBuild } from './commands/build.ts'
import { addCompletion } from './commands/completion.ts'
import { addD1 } from './commands/d1.ts'
import { addDeploy } from './commands/deploy.ts'
import { addDev } from './commands/dev.ts'
import { addFleet } from './commands/fleet.ts'
import { addInit } from './commands/init.ts'
import { addInspect } from './commands/inspect.ts'
import { addLogs } from './commands/logs.ts'
import { addPush } from './commands/push.ts'
import { addPurge } from './commands/purge.ts'
import { addScripts } from './commands/script.ts'
import { addQueues } from './commands/queues.ts'
import { addScheduled } from './commands/scheduled.ts'
import { addServe } from './commands/serve.ts'
import { addTypes } from './commands/types.ts'
import { addValidate } from './commands/validate.ts'
import { addVersions } from './commands/versions.ts'
import type { LogFormat } from '../log/line.ts'
import type { StartServer } from './serve-contract.ts'
import { toUsageError } from './usage.ts'
import { readVersion } from './version.ts'

const AFTER = `
deploy, apps, versions, rollback, promote, delete, scheduled, queues, fleet, purge and logs ask the server at NANO_ADMIN_URL (default: http://127.0.0.1:3001)
with the token NANO_ADMIN_TOKEN, and serve admits that token.
NANO_LOG_FORMAT=json makes the log of serve one JSON object a line, apache its requests lines of the combined format.
Exit status: 0 fine, 1 failed, 2 wrong usage.`

/** Every command. */
export function createProgram(startServer: StartServer, format: LogFormat): Command {
  const program = new Command('nano-workers')
    .description(
      'One process that serves many isolated JavaScript apps, each in its own WebAssembly component.',
    )
    .version(readVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', AFTER)
    .exitOverride()
    // errors are told by whoever catches them
    .configureOutput({ writeErr() {}, outputError() {} })
  addServe(program, startServer, format)
  addBuild(program)
  addDev(program, startServer, format)
  addScripts(program, startServer, format)
  addInit(program)
  addTypes(program)
  addValidate(program)
  addInspect(program)
  addDeploy(program)
  addPush(program)
  addApps(program)
  addVersions(program)
  addScheduled(program)
  addQueues(program)
  addFleet(program)
  addLogs(program)
  addD1(program)
  addPurge(program)
  addCompletion(program)
  program.command('version', { hidden: true }).action(() => void process.stdout.write(`${readVersion()}\n`))
  return program
}

/** Do what the arguments say. Throws a USAGE error for those that are wrong. */
export async function runProgram(program: Command, args: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // help and version end the parser this way, too
    if (error.exitCode !== 0) throw toUsageError(error, program, args)
  }
}
