/** Pages of docs/ whose commands are run: each line of a `console` block, in order, in one folder. */

import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

import { ROOT } from './serve.ts'

export const hasCurl = ((): boolean => {
  try {
    return execFileSync('curl', ['--version']).length > 0
  } catch {
    return false
  }
})()

/** The commands of a page. */
export function readCommands(page: string): string[] {
  const text = readFileSync(join(ROOT, 'docs', page), 'utf8')
  const blocks = Array.from(text.matchAll(/^```console\n(.*?)^```$/gms), ([, block = '']) => block)
  return blocks.flatMap((block) =>
    block.split('\n').flatMap((line) => (line.startsWith('$ ') ? line.slice(2) : [])),
  )
}

/** A folder of programs in which `nano-workers` is this checkout's. */
export function writeProgram(bin: string): void {
  mkdirSync(bin, { recursive: true })
  const file = join(bin, 'nano-workers')
  writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'host/main.ts')}" "$@"\n`)
  chmodSync(file, 0o755)
}

/** Runs a line in a shell; gives what went wrong, or nothing. */
export function runLine(
  line: string,
  { cwd, bin, env }: { readonly cwd: string; readonly bin: string; readonly env: NodeJS.ProcessEnv },
): Promise<string> {
  // the runner of these tests is no part of what is run
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'))
  const path = [bin, dirname(process.execPath), process.env['PATH']].join(delimiter)
  const all = { ...Object.fromEntries(inherited), PATH: path, ...env }
  return new Promise((resolve) => {
    execFile('sh', ['-c', line], { cwd, env: all }, (error, out, err) =>
      resolve(error === null ? '' : `${error.message}\n${out}\n${err}`),
    )
  })
}
