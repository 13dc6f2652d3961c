/** `init`: a new app in an empty folder, from a template of the package. */

import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { findPackageJSON } from 'node:module'

import type { Command } from 'commander'

import { NanoError } from '../../errors.ts'
import { option, text, usage } from '../usage.ts'
import { readVersion } from '../version.ts'

const TEMPLATES = join(dirname(findPackageJSON(import.meta.url) ?? ''), 'templates')
const DEFAULT_TEMPLATE = 'typescript'
/** npm leaves it out of packages. */
const RENAMED: ReadonlyMap<string, string> = new Map([['gitignore', '.gitignore']])

export function addInit(program: Command): void {
  program
    .command('init')
    .summary('begin a new app')
    .description(
      'Begin a new app in an empty folder: its source, types of its env, a test, nano.json, and a workflow that builds and ' +
        'tests it.',
    )
    .argument('[folder]', 'where; it is made if it is not there', '.')
    .addOption(option('--template <name>', `what it begins with (default: ${DEFAULT_TEMPLATE})`, text))
    .action(init)
}

async function init(
  folder: string,
  { template = DEFAULT_TEMPLATE }: { readonly template?: string },
): Promise<void> {
  const known = await readdir(TEMPLATES)
  if (!known.includes(template))
    throw usage(`--template: expected one of ${known.join(', ')}, got "${template}"`)
  const target = resolve(folder)
  await expectEmpty(target, folder)
  const values = { name: toName(basename(target)), version: readVersion() }
  const from = join(TEMPLATES, template)
  const entries = await readdir(from, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = join(target, relative(from, entry.parentPath), RENAMED.get(entry.name) ?? entry.name)
    // oxlint-disable-next-line no-await-in-loop -- a few small files
    await copy(join(entry.parentPath, entry.name), file, values)
  }
  const place = relative(process.cwd(), target)
  process.stdout.write(
    `${values.name} is in ${place === '' ? 'this folder' : place}. What comes next:\n\n` +
      (place === '' ? '' : `  cd ${place}\n`) +
      '  npm install\n  npm run dev\n',
  )
}

async function expectEmpty(target: string, given: string): Promise<void> {
  if (!existsSync(target)) return
  const names = await readdir(target).catch(() => undefined)
  if (names?.length === 0) return
  const what = names === undefined ? 'is no folder' : `has something in it (${names[0]!})`
  throw new NanoError('USAGE', `${given} ${what}; expected an empty folder, or one that is not there`)
}

async function copy(from: string, to: string, values: Readonly<Record<string, string>>): Promise<void> {
  const content = await readFile(from, 'utf8')
  await mkdir(dirname(to), { recursive: true })
  await writeFile(
    to,
    content.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole),
    { flag: 'wx' },
  )
}

/** A name that packages, apps and host names may have. */
function toName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return name.slice(0, 63) || 'app'
}
