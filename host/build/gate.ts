/**
 * The bundler reads what `app-root.ts` allows, and nothing of NANO's own. Every file passes here before it is read; one
 * that may not be read is replaced by nothing, and the build fails at its end, when it is known who imports it:
 *
 *     resolve  the world and NANO's modules: never      load  real path, kind, size      end  the places
 */
import { statSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import type { Plugin, PluginContext } from 'rolldown'
import { NanoError } from '../errors.ts'
import { contains, OUTSIDE, type Readable, toReal } from './app-root.ts'
import { findImports, type ImportPlace } from './import-places.ts'
import type { ModuleFiles } from './module-files.ts'

/** The most bytes of one file, and of all together: a component holds far less, and a parser needs many times as much. */
const MAX_FILE_BYTES = 16 * 1024 * 1024
const MAX_BYTES = 64 * 1024 * 1024
const WORLD = /^(?:nano|wasi):/
const REMOTE = /^(?:https?:)?\/\//
const REFUSED = '\0nano:refused:'

const WASM =
  'is WebAssembly, which an app cannot load, being WebAssembly itself; use a build of it in JavaScript ' +
  '(packages often have one, and wasm2js makes one)'
const PRIVATE = "is NANO's own; an app uses the Workers API"

export interface GateOptions {
  readonly readable: Readable
  /** Modules of NANO's own that an app may have. */
  readonly modules: ModuleFiles
  /** The shim's directory, real. */
  readonly shim: string
  /** From the bundler's name of a file to the file, and to what a person calls it. */
  readonly toFile: (id: string) => string
  readonly show: (id: string) => string
}

/** Bytes of source that a build takes in. */
export class SourceBudget {
  #left = MAX_BYTES

  /** Whether so many more fit. */
  take(bytes: number): boolean {
    this.#left -= bytes
    return this.#left >= 0
  }
}

/** The plugin; it belongs before all others. */
export function createGate(options: GateOptions, budget: SourceBudget): Plugin {
  const { readable, modules, shim, toFile, show } = options
  /** What is refused, and why. */
  const reasons = new Map<string, string>()

  const check = (file: string): string | undefined => {
    const stats = statSync(file, { throwIfNoEntry: false })
    // the bundler says so itself, with the place
    if (stats === undefined) return undefined
    if (contains(shim, toReal(file) ?? file)) return PRIVATE
    if (modules.has(file)) return undefined
    if (![file, ...settingsOf(file, readable.root)].every((path) => readable.allows(path))) return OUTSIDE
    if (extname(file) === '.wasm') return WASM
    if (stats.size > MAX_FILE_BYTES)
      return `has ${toMiB(stats.size)}; a file may have ${toMiB(MAX_FILE_BYTES)}`
    return budget.take(stats.size) ? undefined : `is too much: an app may have ${toMiB(MAX_BYTES)} of sources`
  }

  return {
    name: 'nano-gate',
    resolveId: {
      order: 'pre',
      filter: { id: [WORLD, REMOTE] },
      handler(source, _importer, { kind }) {
        if (REMOTE.test(source) && kind === 'dynamic-import') return null
        const id = REFUSED + source
        reasons.set(
          id,
          WORLD.test(source) ? PRIVATE : 'is not on this machine; a build loads nothing over the network',
        )
        return id
      },
    },
    load: {
      order: 'pre',
      handler(id) {
        if (!reasons.has(id)) {
          const reason = id.startsWith('\0') ? undefined : check(toFile(id))
          if (reason === undefined) return null
          reasons.set(id, reason)
        }
        return { code: '', moduleType: 'js' }
      },
    },
    async buildEnd() {
      const lines: string[] = []
      for (const [id, reason] of reasons) {
        for (const { importer, place } of await findImporters(this, id)) {
          const at = place === undefined ? '' : `:${place.line}:${place.column}`
          const name = place?.specifier ?? show(id).replace(REFUSED, '')
          lines.push(`${show(importer)}${at}: "${name}" ${reason}`)
        }
      }
      if (lines.length > 0) throw new NanoError('BUILD_FAILED', lines.sort().join('\n'))
    },
  }

  async function findImporters(context: PluginContext, id: string) {
    const { importers = [], dynamicImporters = [] } = context.getModuleInfo(id) ?? {}
    const found: { importer: string; place: ImportPlace | undefined }[] = []
    for (const importer of new Set([...importers, ...dynamicImporters])) {
      const places: ImportPlace[] = []
      for (const place of findImports(toFile(importer))) {
        const resolved =
          id === REFUSED + place.specifier
            ? id
            : (await context.resolve(place.specifier, importer, { kind: place.kind }))?.id
        if (resolved === id) places.push(place)
      }
      for (const place of places.length > 0 ? places : [undefined]) found.push({ importer, place })
    }
    return found
  }
}

/** The package.json files of the app that say how a file is meant: those of the folders above it. */
function settingsOf(file: string, root: string): string[] {
  const found: string[] = []
  for (
    let folder = dirname(file);
    contains(root, folder) && folder !== dirname(folder);
    folder = dirname(folder)
  ) {
    const manifest = join(folder, 'package.json')
    if (toReal(manifest) !== undefined) found.push(manifest)
  }
  return found
}

function toMiB(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`
}
