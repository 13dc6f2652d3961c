/** The packages of the ecosystem's apps, in a folder of their own: they are not installed with the repository. */

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const HERE = import.meta.dirname
const FOLDER = join(HERE, '../../node_modules/.cache/nano-ecosystem')
const INSTALLED = 'installed.json'
const LOCK = 'package-lock.json'

/** Copies the apps to where their packages are, which are installed if they are not what the lock file says. */
export function install(): string {
  mkdirSync(FOLDER, { recursive: true })
  const lock = readFileSync(join(HERE, LOCK), 'utf8')
  const stamp = join(FOLDER, INSTALLED)
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    for (const name of ['package.json', LOCK]) cpSync(join(HERE, name), join(FOLDER, name))
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: FOLDER,
      stdio: 'inherit',
    })
    writeFileSync(stamp, lock)
  }
  cpSync(join(HERE, 'apps'), join(FOLDER, 'apps'), { recursive: true })
  return join(FOLDER, 'apps')
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
