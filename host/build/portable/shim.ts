/**
 * The guest shim for a portable build: each interface of NANO's world is a file of guest-shim/portable/interfaces, or functions
 * that say that they are not there; what those import is WASI's, and the engine's to give.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'rolldown'
import { toCamel } from '../../../wit/generator/names.ts'
import { parseWit } from '../../../wit/generator/parse.ts'
import { resolveWorld } from '../../../wit/generator/resolve.ts'
import { witText } from '../../../wit/text.ts'
import { bundleShim } from '../bundle-shim.ts'
import { findPackageRoot } from '../package-files.ts'
import { withWasiVersion } from './world.ts'

const INTERFACE = /^nano:workers\/(.+)$/
const WASI = /^wasi:/
const ABSENT = '\0nano-absent:'

export async function bundlePortableShim(): Promise<string> {
  const folder = join(findPackageRoot(), 'guest-shim', 'portable')
  return bundleShim(join(folder, 'main.ts'), interfacesPlugin(join(folder, 'interfaces')))
}

function interfacesPlugin(folder: string): Plugin {
  const world = resolveWorld(parseWit(witText(), 'world.wit'))
  return {
    name: 'nano-portable',
    resolveId(source) {
      if (WASI.test(source)) return { id: withWasiVersion(source), external: true }
      const name = INTERFACE.exec(source)?.[1]
      if (name === undefined) return null
      const file = join(folder, `${name}.ts`)
      return existsSync(file) ? file : ABSENT + name
    },
    load(id) {
      if (!id.startsWith(ABSENT)) return null
      const name = id.slice(ABSENT.length)
      const functions = world.imports.find((each) => each.name === name)?.functions ?? []
      const names = functions.map((each) => toCamel(each.name))
      return `function absent() { throw new TypeError(${JSON.stringify(toText(name))}) }
export { ${names.map((each) => `absent as ${each}`).join(', ')} }`
    },
  }
}

const toText = (name: string): string =>
  `the app was built for wasi:http, which has no "${name}": serve it with NANO, or do without`
