/** The command line from its arguments to an exit status: 0 fine, 1 failed, 2 wrong usage. */

import { toNanoError } from '../errors.ts'
import type { NanoError } from '../errors.ts'
import { toLogEntry } from '../log/entry.ts'
import { toLine } from '../log/line.ts'
import type { LogFormat } from '../log/line.ts'
import { readFormat } from './log.ts'
import { toComplaint } from './messages.ts'
import { createProgram, runProgram } from './program.ts'
import type { StartServer } from './serve-contract.ts'

/** Resolves with the exit status. */
export async function run(args: readonly string[], startServer: StartServer): Promise<number> {
  let format: LogFormat = 'text'
  try {
    format = readFormat(process.env)
    await runProgram(createProgram(startServer, format), args)
    // a command that has said what is wrong has set it
    return Number(process.exitCode ?? 0)
  } catch (thrown) {
    const error = toNanoError(thrown)
    process.stderr.write(
      format === 'json' ? toErrorEntry(error, thrown) : toComplaint(error) + toStack(error, thrown),
    )
    return error.code === 'USAGE' ? 2 : 1
  }
}

function toErrorEntry(error: NanoError, thrown: unknown): string {
  const text = `${error.code}: ${error.message}\n${toStack(error, thrown)}`.trimEnd()
  return toLine('json', toLogEntry({ level: 'error', text }))
}

/** Of what nobody expected the stack, for whoever reports it. */
function toStack({ code }: NanoError, thrown: unknown): string {
  return code === 'INTERNAL' && thrown instanceof Error ? `${thrown.stack}\n` : ''
}
