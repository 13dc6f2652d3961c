/** `d1`: statements and migrations for the D1 databases of a configuration. */

import { readFileSync } from 'node:fs'

import type { Command } from 'commander'

import { splitStatements } from '../../storage/sql/split.ts'
import { openTarget } from '../d1-target.ts'
import type { TargetOptions } from '../d1-target.ts'
import { applyPending, createMigration, listPending } from '../migrations.ts'
import { toTable } from '../table.ts'
import { flag, option, text, usage } from '../usage.ts'

interface ExecuteOptions extends TargetOptions {
  readonly command?: string
  readonly file?: string
  readonly json?: true
}

const DATABASE = 'its database_name, or its name in env'

export function addD1(program: Command): void {
  const d1 = program
    .command('d1')
    .summary('run statements and migrations on D1 databases')
    .description(
      'Run statements and migrations on the D1 databases of nano.json, or of a wrangler file: on the files of this machine, whether a server has ' +
        'them open or not, or with --remote through the server at NANO_ADMIN_URL.',
    )
  withTarget(
    d1
      .command('execute')
      .description('Run statements, all of them or none.')
      .argument('<database>', DATABASE)
      .addOption(option('--command <sql>', 'the statements', (value) => value))
      .addOption(option('--file <path>', 'a file with the statements', text))
      .addOption(flag('--json', 'print D1 results as JSON')),
  ).action(execute)
  const migrations = d1.command('migrations').description('The migrations of a database.')
  withTarget(
    migrations
      .command('list')
      .description('List the migrations that have not been applied.')
      .argument('<database>', DATABASE),
  ).action(async (name: string, options: TargetOptions) => {
    await using target = await openTarget(name, options)
    const pending = await listPending(target.database, target.run)
    process.stdout.write(pending.length === 0 ? 'nothing to apply\n' : `${pending.join('\n')}\n`)
  })
  withTarget(
    migrations
      .command('apply')
      .description('Apply the migrations that have not been, one after the other, each whole or not at all.')
      .argument('<database>', DATABASE),
  ).action(async (name: string, options: TargetOptions) => {
    await using target = await openTarget(name, options)
    let count = 0
    await applyPending(target.database, target.run, (file) => {
      count++
      process.stdout.write(`applied ${file}\n`)
    })
    if (count === 0) process.stdout.write('nothing to apply\n')
  })
  withTarget(
    migrations
      .command('create')
      .description('Make an empty migration after the others.')
      .argument('<database>', DATABASE)
      .argument('<title>', 'what it does'),
  ).action(async (name: string, title: string, options: TargetOptions) => {
    await using target = await openTarget(name, options)
    process.stdout.write(`${createMigration(target.database, title)}\n`)
  })
}

function withTarget(command: Command): Command {
  return command
    .addOption(option('--app <name>', 'the app, when several have a database of that name', text))
    .addOption(option('--config <file>', 'the configuration (default: nano.json, or a wrangler file)', text))
    .addOption(
      option('--env <name>', 'the environment of that wrangler file (default: CLOUDFLARE_ENV)', text),
    )
    .addOption(option('--data-dir <dir>', 'as for serve (default: the same)', text))
    .addOption(flag('--remote', 'ask the server at NANO_ADMIN_URL'))
}

async function execute(name: string, { command, file, json, ...options }: ExecuteOptions): Promise<void> {
  if ((command === undefined) === (file === undefined)) throw usage('expected --command or --file')
  const sql = command ?? readFileSync(file!, 'utf8')
  const statements = splitStatements(sql).map((each) => ({ sql: each, params: [] }))
  await using target = await openTarget(name, options)
  const results = await target.run(statements)
  if (json) process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`)
  else process.stdout.write(results.map(({ results: rows }) => toRows(rows)).join(''))
}

function toRows(rows: readonly Record<string, unknown>[]): string {
  const columns = Object.keys(rows[0] ?? {})
  if (columns.length === 0) return ''
  const cells = rows.map((row) => columns.map((column) => toCell(row[column])))
  return toTable([columns, ...cells])
}

/** Nothing that drives a terminal. */
function toCell(value: unknown): string {
  const cell = typeof value === 'string' ? value : JSON.stringify(value)
  return cell.replaceAll(/\p{Cc}/gu, '?')
}
