/**
 * An app and everything that it imports as one module, with the guest shim around it, and the way back by source map.
 *
 *     nano:entry > nano:guest-shim (first: it sets up the globals) > the app
 *
 * The output depends on the sources alone: no path of this machine is in the code or in the map. Whatever the engine
 * could not load is found here, where the place in the source is still known.
 */
import { builtinModules } from 'node:module'
import { basename, dirname } from 'node:path'
import { rolldown, type OutputChunk, type Plugin, type RolldownLog } from 'rolldown'
import { BUNDLE_NAME } from '../component/source-map.ts'
import { NanoError } from '../errors.ts'
import { rejectDynamicImports } from './dynamic-import.ts'
import { editPlugin } from './edit-plugin.ts'
import { createEntryAlias, type EntryAlias } from './entry-alias.ts'
import { lowerRegexes } from './regex.ts'
import { normaliseMap, showPath } from './source-path.ts'

const ENTRY = '\0nano:entry'
const SHIM = 'nano:guest-shim'
const WIT_IMPORT = /^nano:workers\//
/** A file's path for a person. */
type Show = (file: string) => string

const BUILTINS = new Set(builtinModules)

export interface Bundle {
  readonly code: string
  /** Source map as JSON; paths are relative to the entry's directory. */
  readonly map: string
}

/** Bundles the app at `entry` (absolute). `shim`: the file that exports `start` and `turn`. */
export async function bundle(entry: string, shim: string): Promise<Bundle> {
  const root = dirname(entry)
  const alias = createEntryAlias(entry)
  const show = (file: string) => showPath(alias.toReal(file), root)
  const unresolved: RolldownLog[] = []
  const importers = new Map<string, readonly string[]>()
  try {
    const build = await rolldown({
      input: ENTRY,
      cwd: root,
      platform: 'neutral',
      tsconfig: true,
      plugins: [
        worldPlugin(entry, shim, importers),
        alias.plugin,
        editPlugin(lowerRegexes),
        editPlugin(rejectDynamicImports),
      ],
      resolve: {
        mainFields: ['browser', 'module', 'main'],
        aliasFields: [['browser']],
        conditionNames: ['workerd', 'worker', 'browser'],
      },
      transform: { define: { 'process.env.NODE_ENV': '"production"' } },
      moduleTypes: { '.txt': 'text', '.html': 'text', '.bin': 'binary' },
      experimental: { attachDebugInfo: 'none' },
      onLog(_level, log) {
        if (log.code === 'UNRESOLVED_IMPORT') unresolved.push(log)
      },
    })
    try {
      const { output } = await build.generate({
        format: 'esm',
        codeSplitting: false,
        entryFileNames: BUNDLE_NAME,
        sourcemap: 'hidden',
      })
      refuseUnresolved(unresolved, importers, show)
      return toBundle(output[0], root, shim, alias)
    } finally {
      await build.close()
    }
  } catch (error) {
    throw toBuildError(error, show, alias.path)
  }
}

function toBundle({ code, map }: OutputChunk, root: string, shim: string, alias: EntryAlias): Bundle {
  if (map === null) throw new NanoError('INTERNAL', 'the bundler gave no source map')
  return { code, map: JSON.stringify(normaliseMap(map, root, shim, alias.toReal)) }
}

/** The virtual entry; also notes who imports whom. */
function worldPlugin(entry: string, shim: string, importers: Map<string, readonly string[]>): Plugin {
  return {
    name: 'nano-world',
    resolveId(source) {
      if (source === ENTRY) return ENTRY
      if (source === SHIM) return shim
      return WIT_IMPORT.test(source) ? { id: source, external: true } : null
    },
    load(id) {
      if (id !== ENTRY) return null
      return [
        `import { start, turn } from '${SHIM}'`,
        `import * as app from ${JSON.stringify(entry)}`,
        'start(app)',
        'export { turn }',
      ].join('\n')
    },
    buildEnd() {
      for (const id of this.getModuleIds()) importers.set(id, this.getModuleInfo(id)?.importers ?? [])
    },
  }
}

function refuseUnresolved(
  unresolved: readonly RolldownLog[],
  importers: ReadonlyMap<string, readonly string[]>,
  show: Show,
): void {
  if (unresolved.length === 0) return
  const lines = unresolved.map((log) => {
    const chain: string[] = []
    for (
      let id = log.id;
      id !== undefined && id !== ENTRY && !chain.includes(id);
      [id] = importers.get(id) ?? []
    ) {
      chain.push(id)
    }
    const via = chain.slice(1).map((id) => `\n    imported by ${show(id)}`)
    return `${place(log, show)}: ${adviceFor(log.exporter ?? '?')}${via.join('')}`
  })
  throw new NanoError('BUILD_FAILED', [...new Set(lines)].join('\n'))
}

function adviceFor(name: string): string {
  if (name.startsWith('node:') || BUILTINS.has(name)) {
    return `"${name}" is a Node.js module, which Workers do not have; use Web APIs, or a package made for Workers`
  }
  if (name.startsWith('.') || name.startsWith('/')) return `there is no file "${name}"; check the import`
  return `the package "${name}" is not installed; run: npm install ${toPackageName(name)}`
}

function toPackageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** What rolldown throws holds the failures as logs; a plugin's own error may be among them. */
function toBuildError(error: unknown, show: Show, alias: string): NanoError {
  if (error instanceof NanoError) return error
  const logs = (error as { errors?: (RolldownLog & { cause?: unknown })[] }).errors ?? []
  const own = logs.find((log) => (log as unknown) instanceof NanoError || log.cause instanceof NanoError)
  if (own !== undefined) return ((own as unknown) instanceof NanoError ? own : own.cause) as NanoError
  if (logs.length === 0) return new NanoError('BUILD_FAILED', (error as Error).message, { cause: error })
  const lines = logs.map((log) => {
    const isMissing = log.code === 'UNRESOLVED_IMPORT' && log.exporter !== undefined
    return `${place(log, show)}: ${isMissing ? adviceFor(log.exporter!) : firstSentence(log.message).replaceAll(`"${basename(alias)}"`, `"${show(alias)}"`)}`
  })
  return new NanoError('BUILD_FAILED', lines.join('\n'), { cause: error })
}

function place({ id, loc }: RolldownLog, show: Show): string {
  const file = show(loc?.file ?? id ?? ENTRY)
  return loc === undefined ? file : `${file}:${loc.line}:${loc.column + 1}`
}

/** The first line of a message of several, without its code in brackets. */
function firstSentence(message: string): string {
  return message.split('\n', 1)[0]!.replace(/^\[[A-Z_]+\]\s*/, '')
}
