/** Packages of the ecosystem's apps and sites, in folders of their own: they are not installed with the repository. */

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const HERE = import.meta.dirname
const FOLDER = join(HERE, '../../node_modules/.cache/nano-ecosystem')
/** Not below a `node_modules`, where build tools take everything for packages. */
const SITES = join(HERE, '../.built/sites')
const INSTALLED = 'installed.json'
const LOCK = 'package-lock.json'

/** Copies the apps to where their packages are. */
export function installApps(): string {
  const folder = install(HERE, FOLDER)
  cpSync(join(HERE, 'apps'), join(folder, 'apps'), { recursive: true })
  return join(folder, 'apps')
}

/** Copies a site of a framework to where its packages are. */
export function installSite(from: string, name: string): string {
  const folder = install(from, join(SITES, name))
  cpSync(from, folder, { recursive: true })
  return folder
}

/** Installs what the lock file in a folder says into another, if it is not there. */
function install(from: string, to: string): string {
  mkdirSync(to, { recursive: true })
  const lock = readFileSync(join(from, LOCK), 'utf8')
  const stamp = join(to, INSTALLED)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return to
  for (const name of ['package.json', LOCK]) cpSync(join(from, name), join(to, name))
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: to, stdio: 'inherit' })
  writeFileSync(stamp, lock)
  return to
}

/** The packages that an app names, with their versions. */
export function listPackages(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const { dependencies } = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const names = Array.from(
    text.matchAll(/(?:from '|@jsxImportSource )((?:@[\w.-]+\/)?[\w.-]+)/g),
    ([, name]) => name!,
  )
  return [...new Set(names)].flatMap((name) => {
    const version = dependencies[name]
    return version === undefined ? [] : [`${name} ${version}`]
  })
}
