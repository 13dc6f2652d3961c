// A directory of an operator's with apps in it, and how builds of them fail.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { buildApp } from '../../host/build/build.ts'
import type { BuildOptions } from '../../host/build/build.ts'
import { NanoError } from '../../host/errors.ts'

export const SHIM = join(import.meta.dirname, 'world-stand-in.ts')
export const HANDLER = 'export default { fetch: () => new Response() }\n'
export const SECRET = 's3cret-of-the-operator'

/** An operator's directory: a configuration with a secret, and apps in folders of their own. */
export function createOperator(files: Record<string, string>, links: Record<string, string> = {}) {
  const path = mkdtempSync(join(tmpdir(), 'nano-operator-'))
  const all = {
    'nano.json': JSON.stringify({ secret: SECRET }),
    'package.json': JSON.stringify({ name: 'operator' }),
    'secret.js': `export default '${SECRET}'\n`,
    'secret.txt': SECRET,
    ...files,
  }
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  for (const [name, target] of Object.entries(links)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    symlinkSync(target, join(path, name))
  }
  return {
    path,
    at: (name: string) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** How a build fails: its message; or the secret, if that got into what was built. */
export async function failureOf(options: BuildOptions): Promise<string> {
  try {
    const { component, sourceMap } = await buildApp({ shim: SHIM, ...options })
    const isLeaked = Buffer.from(component).includes(SECRET) || sourceMap!.includes(SECRET)
    return isLeaked ? `built, with ${SECRET}` : 'built'
  } catch (error) {
    expect(error).toBeInstanceOf(NanoError)
    expect((error as NanoError).code).toBe('BUILD_FAILED')
    return (error as NanoError).message
  }
}
