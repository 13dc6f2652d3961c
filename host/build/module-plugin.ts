/**
 * Gives an app the modules of `module-files.ts`. Whatever the app has itself under one of these names comes first if a
 * package or tsconfig.json says so; a package that is only called the same does not, as in Node.js.
 *
 *     import     the module                    require     its default export, which is what Node.js gives there
 */
import { readFileSync } from 'node:fs'
import type { Plugin } from 'rolldown'
import { isNodeModule, type ModuleFiles } from './module-files.ts'

const REQUIRED = '\0nano:required:'
/** What packages name a module that they have installed, although the one here is meant. */
const SHIMS: ReadonlyMap<string, string> = new Map([['process/', 'node:process']])

const UNENV_REFUSAL = '[unenv] ${name} is not implemented yet!'
const REFUSAL = '${name} of Node.js is not there in NANO; use the Web API'

/** The plugin. `toFile`: from the bundler's name of a file to the file. */
export function giveModules(files: ModuleFiles, toFile: (id: string) => string): Plugin {
  return {
    name: 'nano-modules',
    resolveId: {
      filter: { id: /^(?:cloudflare:|node:|[a-z_][\w/]*$|\.{0,2}\/.*\.ts$)/ },
      async handler(source, importer, options) {
        // resolved by others, a module is one of a package, whose imports are bundled otherwise: the first importer would decide
        if (/^[./]/.test(source))
          return files.findByPath(source, importer === undefined ? undefined : toFile(importer)) ?? null
        const isOurs = importer !== undefined && files.has(toFile(importer))
        const name = (isOurs ? SHIMS.get(source) : undefined) ?? source
        if (!isNodeModule(name) && !name.startsWith('cloudflare:')) return null
        if (!isOurs) {
          const found = await this.resolve(source, importer, { ...options, skipSelf: true })
          if (found !== null && found.external === false && !isNamesake(found.id, name)) return found
        }
        const file = files.find(name)
        if (file === undefined) return null
        return options.kind === 'require-call' ? REQUIRED + file : file
      },
    },
    load(id) {
      if (id.startsWith(REQUIRED)) {
        const file = JSON.stringify(id.slice(REQUIRED.length))
        return { code: `module.exports = require(${file}).default`, moduleType: 'js' }
      }
      if (id === files.withEnv)
        return { code: readFileSync(id, 'utf8'), moduleType: 'ts', moduleSideEffects: false }
      if (id !== files.refusals) return null
      return { code: readFileSync(id, 'utf8').replaceAll(UNENV_REFUSAL, REFUSAL), moduleType: 'js' }
    },
  }
}

/** Whether the file is of an installed package that only has the module's name. */
function isNamesake(file: string, name: string): boolean {
  const [first] = name.replace('node:', '').split('/')
  return file.includes(`/node_modules/${first}/`)
}
