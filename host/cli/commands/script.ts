/** `run` a script, `eval` a line, `repl`: JavaScript in a guest, under the limits, the env and the egress rules of an app. */

import { resolve } from 'node:path'

import type { Command } from 'commander'

import { RANGES } from '../../config/config.ts'
import { isComponent } from '../../deploy/open-component.ts'
import type { LogFormat } from '../../log/line.ts'
import { runComponent } from '../run-component.ts'
import type { RunComponentOptions } from '../run-component.ts'
import { ScriptSession } from '../script-session.ts'
import type { ScriptOutcome, SessionOptions } from '../script-session.ts'
import type { StartServer } from '../serve-contract.ts'
import { flag, integer, option, repeatable, text, usage } from '../usage.ts'
import { CONFIG } from '../wrangler-project.ts'

interface Options extends RunComponentOptions {
  readonly config?: string
  readonly name?: string
  readonly allowRead?: readonly string[]
}

export function addScripts(program: Command, startServer: StartServer, format: LogFormat): void {
  add(program, 'run', 'run a script in a guest, or a component of wasi:http')
    .description(
      'Run a script in a guest, from its top to its end, with the API, the limits and the egress rules of an app; env and ' +
        'ctx are globals. What it logs goes to stdout, warnings and errors to stderr. What it does not await it leaves to ' +
        'ctx.waitUntil. Exit status: 1 when it throws. Of a component (.wasm) of wasi:http, in whatever language: serve it, or ask ' +
        'it once; it sees and reaches what is named here.',
    )
    .argument('<script>', 'a source file, a directory with an index file, or a component')
    .addOption(repeatable('--allow-read <path>', 'of a script: as for build'))
    .addOption(
      repeatable('--dir <host[::guest]>', 'of a component: a directory that it may read; may be repeated'),
    )
    .addOption(repeatable('--writable-dir <host[::guest]>', 'of a component: one that it may write, too'))
    .addOption(repeatable('--env <name=value>', 'of a component: a variable; may be repeated'))
    .addOption(
      repeatable('--allow-fetch <host>', 'of a component: what it may fetch from, as in egress.allow'),
    )
    .addOption(repeatable('--allow-socket <host:port>', 'of a component: where it may connect to by TCP'))
    .addOption(
      option('--port <n>', 'of a component: where it is served (default: 3000)', integer(RANGES.port)),
    )
    .addOption(option('--request <path>', 'of a component: ask it once, and print what it answers', toPath))
    .action((script: string, options: Options) =>
      isComponent(script)
        ? runForeign(script, options, startServer, format)
        : run(script, options, startServer),
    )
  add(program, 'eval', 'evaluate an expression in a guest')
    .description('Evaluate statements in a guest, as run does, and print the value of the last expression.')
    .argument('<code>', 'JavaScript; await may be used')
    .action((code: string, options: Options) => evaluate(code, options, startServer))
  add(program, 'repl', 'evaluate line after line in a guest')
    .description(
      'Evaluate line after line in a guest, as eval does. What a line declares stays for the next; ctrl-D or .exit ends it.',
    )
    .action((options: Options) => prompt(options, startServer))
}

function add(program: Command, name: string, summary: string): Command {
  return program
    .command(name)
    .summary(summary)
    .addOption(option('--config <file>', `the configuration (default: the nearest ${CONFIG})`, text))
    .addOption(option('--name <app>', 'the app of the configuration, when it is not clear', text))
    .addOption(flag('--allow-loopback', "it may fetch from this machine's own ports (127.0.0.1, ::1)"))
}

function toPath(value: string, name: string): string {
  if (!value.startsWith('/')) throw usage(`--${name}: expected a path such as /, got "${value}"`)
  return value
}

async function runForeign(
  path: string,
  options: Options,
  startServer: StartServer,
  format: LogFormat,
): Promise<void> {
  for (const name of ['config', 'name', 'allowRead'] as const) {
    if (options[name] !== undefined)
      throw usage(`--${name === 'allowRead' ? 'allow-read' : name} is for scripts`)
  }
  await runComponent(path, options, startServer, format)
}

/** What makes code of what is typed. Throws TOOLCHAIN_MISSING. */
async function loadScripts() {
  const { expectToolchain } = await import('../../build/toolchain.ts')
  expectToolchain()
  return await import('../../build/script.ts')
}

async function run(script: string, options: Options, startServer: StartServer): Promise<void> {
  for (const name of ['dir', 'writableDir', 'env', 'allowFetch', 'allowSocket', 'port', 'request'] as const) {
    if (options[name] !== undefined)
      throw usage(
        `--${name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)} is for components (.wasm)`,
      )
  }
  const { buildScriptGuest, bundleScript } = await loadScripts()
  const { allowRead = [], allowLoopback, config, name } = options
  const more = { allowLoopback, config, name }
  const { code, map, warnings } = await bundleScript(script, allowRead)
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
  const component = await buildScriptGuest()
  const session = { ...more, component, path: resolve(script), map }
  const outcome = await evaluateOnce(code, session, startServer)
  if ('error' in outcome) fail(outcome.error)
}

async function evaluate(text: string, options: Options, startServer: StartServer): Promise<void> {
  const { buildScriptGuest, toScript } = await loadScripts()
  const code = toScript(text, 'eval')
  const { allowLoopback, config, name } = options
  const session = { allowLoopback, config, name, component: await buildScriptGuest(), path: process.cwd() }
  const outcome = await evaluateOnce(code, session, startServer)
  if ('error' in outcome) fail(outcome.error)
  else process.stdout.write(`${outcome.value}\n`)
}

/** What it logs stands before what comes of it. */
async function evaluateOnce(
  code: string,
  options: SessionOptions,
  startServer: StartServer,
): Promise<ScriptOutcome> {
  await using session = await ScriptSession.open(startServer, options)
  return await session.evaluate(code)
}

function fail(error: string): void {
  process.stderr.write(`${error}\n`)
  process.exitCode = 1
}

async function prompt(options: Options, startServer: StartServer): Promise<void> {
  const scripts = await loadScripts()
  const component = await scripts.buildScriptGuest()
  const { allowLoopback, config, name } = options
  const given = { allowLoopback, config, name, component, path: process.cwd() }
  await using session = await ScriptSession.open(startServer, given)
  const { serveRepl } = await import('../repl.ts')
  await serveRepl(session, scripts)
}
