/**
 * An app and everything that it imports as one module with the app's exports, and the way back by source map. The guest
 * shim is no part of it: a component carries the module, and whoever makes it again has a shim of its own.
 *
 * The output depends on the sources alone: no path of this machine is in the code or in the map. Whatever the engine
 * could not load is found here, where the place in the source is still known.
 */
import { basename, dirname, join, resolve } from 'node:path'
import { rolldown, type OutputChunk, type Plugin, type RolldownLog } from 'rolldown'
import { BUNDLE_NAME } from '../component/source-map.ts'
import { NanoError } from '../errors.ts'
import { rejectAbsentImports } from './absent-import.ts'
import { aliasPlugin } from './alias-plugin.ts'
import { toMapHash, type AppBundle } from './app-bundle.ts'
import { contains, isOfPackage, OUTSIDE, toReal } from './app-root.ts'
import { editPlugin } from './edit-plugin.ts'
import { followCreatedRequire } from './created-require.ts'
import { requireBuiltins } from './builtin-module.ts'
import { createEntryAlias, type EntryAlias } from './entry-alias.ts'
import type { AppSource } from './entry.ts'
import { adviceForType, fileTypes, keepAttributes, withoutQuery } from './file-types.ts'
import { createGate, SourceBudget } from './gate.ts'
import { giveImportMeta, importMetaPlugin, VITE_ENV } from './import-meta.ts'
import { listFits } from './import-patterns.ts'
import { lowerAsync } from './lower-async.ts'
import { lowerDecorators } from './lower-decorators.ts'
import { markAsync } from './mark-async.ts'
import { isNodeModule, ModuleFiles } from './module-files.ts'
import { giveModules } from './module-plugin.ts'
import { keepNativeAsync } from './native-async.ts'
import { giveNodeGlobals } from './node-globals.ts'
import { lowerRegexes } from './regex.ts'
import { normaliseMap, showPath } from './source-path.ts'
import { findSettings, hasLegacyDecorators } from './tsconfig.ts'

/** What names stand for unless the app says otherwise. */
const DEFINED = { 'process.env.NODE_ENV': '"production"', global: 'globalThis' }

const DATA_URL = '\0rolldown/data-url:'
/** A file's path for a person. */
type Show = (file: string) => string
/** What is wrong with an import that leads nowhere. */
type Advise = (log: RolldownLog) => string

/** Keeps a context through `await`, for which the app is lowered. */
const CONTEXT_MODULE = 'node:async_hooks'

/**
 * Bundles an app. `shim`: the file that is going to be the guest shim; its folder is NANO's own. `onMissing` hears of each
 * directory in which a module is looked for that is not there.
 */
export async function bundle(
  source: AppSource,
  shim: string,
  onMissing: (directory: string) => void = () => {},
): Promise<AppBundle> {
  const plain = await bundleOnce(source, shim, onMissing, {})
  // which modules an app has is known when it is bundled
  return plain.hasContext
    ? (await bundleOnce(source, shim, onMissing, { keepsContext: true })).app
    : plain.app
}

/** How an app is bundled, of which more is known once it was. */
interface Manner {
  /** Async functions are lowered, so that AsyncLocalStorage can follow them. */
  readonly keepsContext?: boolean
  /** What a module of Node.js does not have here is undefined. */
  readonly isLenient?: boolean
}

async function bundleOnce(
  source: AppSource,
  shim: string,
  onMissing: (directory: string) => void,
  manner: Manner,
): Promise<{ app: AppBundle; hasContext: boolean }> {
  const { entry, readable, settings: own } = source
  const { keepsContext = false, isLenient = false } = manner
  const root = dirname(entry)
  const alias = createEntryAlias(entry)
  const show = (file: string) =>
    file.startsWith(DATA_URL) ? 'a data: URL' : showPath(alias.toReal(file), root)
  const unresolved: RolldownLog[] = []
  const importers = new Map<string, readonly string[]>()
  const warnings: string[] = []
  const budget = new SourceBudget()
  const modules = new ModuleFiles()
  const toFile = (id: string) => alias.toReal(withoutQuery(id))
  const gate = createGate({ readable, modules, shim: dirname(toReal(shim) ?? shim), toFile, show }, budget)
  const settings = findSettings(root, readable, show)
  const isOwn = (id: string) => !isOfPackage(id, readable.root)
  const isOurs = (id: string) => id.startsWith('\0') || modules.has(toFile(id))
  const edits = [
    keepAttributes,
    lowerRegexes(budget, show, (id) => (isOurs(id) ? undefined : modules.expression)),
    followCreatedRequire,
    requireBuiltins(isNodeModule),
    rejectAbsentImports(
      (id, { line, column }, name) =>
        warnings.push(
          `${show(id)}:${line}:${column}: there is no module "${name}"; whoever loads it when the app runs gets an error`,
        ),
      (id, pattern) => listFits(toFile(id), pattern, (file) => readable.allows(file)),
    ),
    giveImportMeta(
      (id) => showPath(alias.toReal(id), readable.root),
      (id, { line, column }) => {
        if (isOwn(id)) warnings.push(`${show(id)}:${line}:${column}: ${VITE_ENV}`)
      },
    ),
    giveNodeGlobals(isOwn, (name, id) => (isOurs(id) ? undefined : modules.findGlobal(name))),
    ...(keepsContext ? [keepNativeAsync] : []),
  ]
  const advise: Advise = ({ id, exporter = '?' }) =>
    adviceFor(exporter, id === undefined ? root : dirname(id), readable.root)
  try {
    const build = await rolldown({
      input: entry,
      cwd: root,
      platform: 'neutral',
      tsconfig: settings ?? false,
      plugins: [
        gate,
        importersPlugin(importers),
        ...(own === undefined ? [] : [aliasPlugin(own)]),
        fileTypes(own),
        alias.plugin,
        giveModules(modules, toFile),
        importMetaPlugin,
        lowerDecorators(settings !== undefined && hasLegacyDecorators(settings)),
        editPlugin(edits),
        keepsContext && [
          lowerAsync(modules.asyncFunction),
          editPlugin([markAsync(modules.asyncFunction, isOwn)]),
        ],
      ],
      resolve: {
        mainFields: ['browser', 'module', 'main'],
        aliasFields: [['browser']],
        conditionNames: ['workerd', 'worker', 'browser'],
      },
      transform: { define: { ...DEFINED, ...own?.define } },
      shimMissingExports: isLenient,
      experimental: { attachDebugInfo: 'none' },
      onLog(_level, log) {
        if (log.code === 'SHIMMED_EXPORT' && modules.has(log.exporter ?? ''))
          warnings.push(
            `${modules.toName(log.exporter ?? '')}: ${(log as { binding?: string }).binding} is not there in NANO, it is undefined`,
          )
        if (log.code !== 'UNRESOLVED_IMPORT') return
        unresolved.push(log)
        onMissing(toMissing(log, readable.root))
      },
    })
    try {
      const { output } = await build.generate({
        format: 'esm',
        codeSplitting: false,
        entryFileNames: BUNDLE_NAME,
        sourcemap: 'hidden',
      })
      refuseUnresolved(unresolved, importers, show, advise)
      const hasContext = output[0].moduleIds.includes(modules.find(CONTEXT_MODULE) ?? '')
      return { app: toBundle(output[0], entry, alias, warnings.sort(byPlace)), hasContext }
    } finally {
      await build.close()
    }
  } catch (error) {
    const logs = toLogs(error)
    if (!isLenient && logs.length > 0 && logs.every((log) => isAbsentName(log, modules)))
      return bundleOnce(source, shim, onMissing, { ...manner, isLenient: true })
    for (const log of logs) {
      if (log.code === 'UNRESOLVED_IMPORT') onMissing(toMissing(log, readable.root))
    }
    throw toBuildError(error, show, alias.path, advise)
  }
}

/** Whether Node.js may have what a module of its name does not have here; what is imported from elsewhere has to be there. */
function isAbsentName({ code, exporter = '' }: RolldownLog, modules: ModuleFiles): boolean {
  return code === 'MISSING_EXPORT' && modules.has(exporter)
}

function toBundle(
  { code, map: raw }: OutputChunk,
  entry: string,
  alias: EntryAlias,
  warnings: readonly string[],
): AppBundle {
  if (raw === null) throw new NanoError('INTERNAL', 'the bundler gave no source map')
  const root = dirname(entry)
  const map = JSON.stringify(normaliseMap(raw, root, alias.toReal))
  return { code, entry: showPath(entry, root), map, mapHash: toMapHash(map), warnings }
}

/** Notes who imports whom. */
function importersPlugin(importers: Map<string, readonly string[]>): Plugin {
  return {
    name: 'nano-importers',
    buildEnd() {
      for (const id of this.getModuleIds()) importers.set(id, this.getModuleInfo(id)?.importers ?? [])
    },
  }
}

function refuseUnresolved(
  unresolved: readonly RolldownLog[],
  importers: ReadonlyMap<string, readonly string[]>,
  show: Show,
  advise: Advise,
): void {
  if (unresolved.length === 0) return
  const lines = unresolved.map((log) => {
    const chain: string[] = []
    for (let id = log.id; id !== undefined && !chain.includes(id); [id] = importers.get(id) ?? []) {
      chain.push(id)
    }
    const via = chain.slice(1).map((id) => `\n    imported by ${show(id)}`)
    return `${place(log, show)}: ${advise(log)}${via.join('')}`
  })
  throw new NanoError('BUILD_FAILED', [...new Set(lines)].join('\n'))
}

/** The directory in which what an import means would have to be. */
function toMissing({ id, exporter = '' }: RolldownLog, root: string): string {
  const isPath = exporter.startsWith('.') || exporter.startsWith('/')
  return isPath && id !== undefined ? dirname(resolve(dirname(id), exporter)) : join(root, 'node_modules')
}

function adviceFor(name: string, from: string, root: string): string {
  if (isNodeModule(name)) {
    return `"${name}" is a module of Node.js that an app cannot have; use Web APIs, or a package made for Workers`
  }
  if (/^[a-z]+:/.test(name)) return `"${name}" is a module that NANO does not have; remove the import`
  const isPath = name.startsWith('.') || name.startsWith('/')
  // whether there is such a file outside is nobody's business
  if (isPath && !contains(root, resolve(from, name))) return `"${name}" ${OUTSIDE}`
  if (isPath) return `there is no file "${name}"; check the import`
  return `the package "${name}" is not installed; run: npm install ${toPackageName(name)}`
}

function toPackageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

function byPlace(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

/** What rolldown throws holds the failures as logs; a plugin's own error may be among them. */
function toBuildError(error: unknown, show: Show, alias: string, advise: Advise): NanoError {
  if (error instanceof NanoError) return error
  const logs = toLogs(error)
  const own = logs.find((log) => (log as unknown) instanceof NanoError || log.cause instanceof NanoError)
  // the bundler writes a code of its own into what a plugin throws
  if (own !== undefined) return new NanoError('BUILD_FAILED', own.message, { cause: own.cause ?? own })
  if (logs.length === 0) return new NanoError('BUILD_FAILED', (error as Error).message, { cause: error })
  const lines = logs.map((log) => {
    const isMissing = log.code === 'UNRESOLVED_IMPORT' && log.exporter !== undefined
    const text = isMissing ? advise(log) : (adviceForCode(log) ?? toSentence(log, alias, show))
    return `${place(log, show)}: ${text}`
  })
  return new NanoError('BUILD_FAILED', lines.join('\n'), { cause: error })
}

/** What to do about a file that is not what the bundler takes it for. */
function adviceForCode({ code, id, loc }: RolldownLog): string | undefined {
  const file = loc?.file ?? id
  return code === 'PARSE_ERROR' && file !== undefined ? adviceForType(file) : undefined
}

function toSentence({ message }: RolldownLog, alias: string, show: Show): string {
  return firstSentence(message).replaceAll(`"${basename(alias)}"`, `"${show(alias)}"`)
}

function toLogs(error: unknown): readonly (RolldownLog & { cause?: unknown })[] {
  return (error as { errors?: RolldownLog[] }).errors ?? []
}

function place({ id, loc }: RolldownLog, show: Show): string {
  const file = show(loc?.file ?? id ?? '?')
  return loc === undefined ? file : `${file}:${loc.line}:${loc.column + 1}`
}

/** The first line of a message of several, without its code in brackets. */
function firstSentence(message: string): string {
  return message.split('\n', 1)[0]!.replace(/^\[[A-Z_]+\]\s*/, '')
}
