/** The package as it is published: packed from a copy of this checkout, and installed where nothing else is. */

import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'

import { ROOT } from './serve.ts'

export interface Outcome {
  readonly status: number
  readonly out: string
  readonly err: string
}

/** Not of the repository, or made anew. */
const LEFT_OUT = new Set(['.git', '.nano', 'bench', 'dist', 'engines', 'node_modules', 'test'])

/** What npm says when it can neither find a package in its cache nor reach a registry. */
const OFFLINE = /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E40[134]|E5\d\d/

const PATIENCE_MS = 280_000

/** Runs a program with this Node before others. */
export function run(
  file: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  // the runner of these tests is no part of what is run
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|npm_|NANO_)/.test(name))
  const path = [join(cwd, 'node_modules/.bin'), dirname(process.execPath), process.env['PATH']].join(
    delimiter,
  )
  const options = {
    cwd,
    env: { ...Object.fromEntries(inherited), PATH: path, ...env },
    timeout: PATIENCE_MS,
    maxBuffer: 64 * 1024 * 1024,
  }
  return new Promise((resolve) => {
    execFile(file, args, options, (error, out, err) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ status, out, err })
    })
  })
}

/** A checkout in a folder of its own, with the packages of this one. */
export function copyCheckout(): string {
  const copy = mkdtempSync(join(tmpdir(), 'nano-checkout-'))
  const isWanted = (path: string): boolean => !LEFT_OUT.has(relative(ROOT, path))
  cpSync(ROOT, copy, { recursive: true, filter: isWanted })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** Installs a tarball into the folder, which is made. Gives the reason when there is no way to get its dependencies. */
export async function install(
  tarball: string,
  folder: string,
  ...options: readonly string[]
): Promise<string | undefined> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
  const args = [
    'install',
    tarball,
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--fetch-retries=0',
    ...options,
  ]
  const { status, err } = await run('npm', args, folder)
  if (status === 0) return undefined
  if (OFFLINE.test(err)) return `npm finds neither its cache nor a registry: ${err.split('\n', 1)[0]}`
  throw new Error(`npm install failed: ${err}`)
}

/** The bytes of all files below. */
export function sizeOf(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}
