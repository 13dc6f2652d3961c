/** `validate`: whether a configuration can be served: the file, and each of its apps. Nothing is served. */

import { relative } from 'node:path'

import type { Command } from 'commander'

import type { Place } from '../../json/places.ts'
import type { AppCheck } from '../../deploy/check-apps.ts'
import { NanoError } from '../../errors.ts'
import { askPlan, toPlanText } from '../plan-text.ts'
import type { Plan } from '../plan-text.ts'
import { Progress } from '../progress.ts'
import { flag } from '../usage.ts'

/** What `--json` prints. */
interface Verdict {
  readonly file: string
  readonly valid: boolean
  readonly apps: readonly AppVerdict[]
  readonly problems: readonly FoundProblem[]
  readonly warnings: readonly { readonly app: string; readonly message: string }[]
  /** On the server that the environment names. */
  readonly plan?: Plan | undefined
}

interface AppVerdict {
  readonly name: string
  readonly hostname: string
  readonly path: string
  readonly engine: string
  /** Its component is not NANO's. */
  readonly foreign?: true
}

interface FoundProblem extends Partial<Place> {
  readonly app?: string
  readonly message: string
}

export function addValidate(program: Command): void {
  program
    .command('validate')
    .summary('check a configuration and its apps')
    .description(
      'Check a configuration: the file itself, that each app can be read or built, and that its engine is known. ' +
        'With NANO_ADMIN_URL also what it would change on that server. Nothing is served. Exit status: 0 when all is well, 1 when something is wrong.',
    )
    .argument('[file]', 'the configuration', 'nano.json')
    .addOption(flag('--json', 'print one JSON object'))
    .action(validate)
}

async function validate(file: string, { json = false }: { readonly json?: boolean }): Promise<void> {
  using progress = new Progress(process.stderr)
  const verdict = await check(file, json ? undefined : progress)
  progress.clear()
  process.stdout.write(json ? `${JSON.stringify(verdict, undefined, 2)}\n` : toText(verdict))
  if (!verdict.valid) process.exitCode = 1
}

async function check(file: string, progress: Progress | undefined): Promise<Verdict> {
  const { checkConfig, readText } = await import('../../config/parse.ts')
  const nothing = { file, apps: [], warnings: [] }
  try {
    const text = readText(file)
    const checked = checkConfig(text, file)
    if ('problems' in checked) {
      const problems = checked.problems.map(({ text, ...place }) => ({ ...place, message: text }))
      return { ...nothing, valid: false, problems }
    }
    const { config, placeOf } = checked
    const { checkApps } = await import('../../deploy/check-apps.ts')
    const checks = await checkApps(config, ({ name }, done) =>
      progress?.show({ text: `checking ${name}`, done, total: config.apps.length }),
    )
    const problems = checks.flatMap(({ app, outcome }, index) => {
      if (!(outcome instanceof NanoError)) return []
      const message = `${outcome.code}: ${outcome.message}`
      return { ...placeOf(['apps', index, 'path']), app: app.name, message }
    })
    const plan = await askPlan(text)
    const refused = (plan?.refused ?? []).map(({ app, reason: message }) => {
      const index = config.apps.findIndex(({ name }) => name === app)
      return { ...placeOf(['apps', index, 'name']), app, message }
    })
    const all = [...problems, ...refused]
    return { file, valid: all.length === 0, problems: all, ...toFound(checks), plan }
  } catch (error) {
    if (!(error instanceof NanoError)) throw error
    return { ...nothing, valid: false, problems: [{ message: error.message }] }
  }
}

function toFound(checks: readonly AppCheck[]): Pick<Verdict, 'apps' | 'warnings'> {
  return {
    apps: checks.flatMap(({ app: { name, hostname, path }, outcome }) =>
      outcome instanceof NanoError
        ? []
        : {
            name,
            hostname,
            path,
            engine: outcome.engineHash,
            ...(outcome.foreign && { foreign: true as const }),
          },
    ),
    warnings: checks.flatMap(({ app, warnings }) => warnings.map((message) => ({ app: app.name, message }))),
  }
}

/** Each problem with its place first, so that an editor or a log viewer leads there. */
function toText({ file, valid, apps, problems, warnings, plan }: Verdict): string {
  const lines = problems.map(({ line, column, app, message }) => {
    const place = line === undefined ? '' : `${file}:${line}:${column}: `
    return `${place}${app === undefined ? '' : `app ${app}: `}${message}\n`
  })
  const noted = warnings.map(({ app, message }) => `warning: app ${app}: ${message}\n`)
  if (!valid) return [...noted, ...lines].join('')
  const listed = apps.map(
    ({ name, hostname, path, engine, foreign }) =>
      `${name}  ${hostname}  ${relative(process.cwd(), path)}  ${
        foreign === true ? 'a component from elsewhere' : `engine ${engine.slice(0, 12)}`
      }\n`,
  )
  const changes = plan === undefined ? '' : toPlanText(plan)
  return [...noted, ...listed, `${file} can be served\n`, changes].join('')
}
