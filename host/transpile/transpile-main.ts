/**
 * Generates what serves a component from elsewhere, in a process that lives for one of them and may be ended: jco writes
 * JavaScript and core modules, from a component whose names were checked.
 *
 *     transpile-main COMPONENT FOLDER
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { transpile } from '@bytecodealliance/jco'

const FILE = /^[\w.-]+$/

const [, , component = '', folder = ''] = process.argv
const { files } = await transpile(readFileSync(component), {
  name: 'component',
  instantiation: 'sync',
  wasiShim: false,
  noTypescript: true,
  nodejsCompat: false,
  namespacedExports: false,
})
mkdirSync(folder, { recursive: true })
for (const [name, bytes] of Object.entries(files)) {
  // types come whatever is said
  if (name.endsWith('.d.ts')) continue
  if (!FILE.test(name)) throw new Error(`a file ${JSON.stringify(name)}`)
  writeFileSync(join(folder, name), bytes)
}
