/**
 * The guest shim as one module, beside the app's: neither is rewritten for the other, and a bundle that is carried from
 * another version gets whatever shim is current.
 *
 * A part of the shim that few apps use is imported with `?lazy`. It lies in the image as text and is evaluated at its
 * first use: text takes a tenth of what the engine makes of it. The default export is a function that gives the part's
 * exports. What the part imports from its own folder and from packages is its own; other files of the shim it shares.
 */
import { statSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { rolldown, type OutputOptions, type Plugin } from 'rolldown'
import { withVersion } from '../../wit/text.ts'
import { editPlugin } from './edit-plugin.ts'
import { SourceBudget } from './gate.ts'
import { lowerRegexes } from './regex.ts'

const WORLD = /^nano:workers\//
const LAZY = '?lazy'
/** What stacks call the code of parts; they leave the shim's frames out. */
const PART_URL = 'nano:guest-shim'

/** The world's interfaces are the engine's to give; the shim names them without their version. */
const worldPlugin: Plugin = {
  name: 'nano-world',
  resolveId: (source) => (WORLD.test(source) ? { id: withVersion(source), external: true } : null),
}

const createLazyPlugin = (stamps: Stamps): Plugin => ({
  name: 'nano-lazy',
  resolveId: (source, importer) =>
    source.endsWith(LAZY) && importer !== undefined ? resolve(dirname(importer), source) : null,
  load: async (id) => (id.endsWith(LAZY) ? toLazyModule(id.slice(0, -LAZY.length), stamps) : null),
})
/** What each file was like when it was read. */
type Stamps = Map<string, string>

/** The text of the shim is in each image, and its functions are known by their names. */
const SHORT = { compress: false, mangle: { keepNames: true }, codegen: true } as const

/** The last one that this process made, and the files that went into it. */
let last: { readonly file: string; readonly stamps: Stamps; readonly code: string } | undefined

/** `file` exports `start` and `turn`. `world`: who has the interfaces that it imports, the engine unless another is given. */
export async function bundleShim(file: string, world: Plugin = worldPlugin): Promise<string> {
  if (last?.file === file && isCurrent(last.stamps)) return last.code
  const stamps: Stamps = new Map()
  const plugins = [world, createLazyPlugin(stamps)]
  const code = await bundle(file, plugins, { format: 'esm', codeSplitting: false, minify: SHORT }, stamps)
  last = { file, stamps, code }
  return code
}

/** A module that keeps the part at `file` as text. */
async function toLazyModule(file: string, stamps: Stamps): Promise<string> {
  const shared: string[] = []
  const outside: Plugin = {
    name: 'nano-outside',
    resolveId(source, importer) {
      if (importer === undefined || !source.startsWith('.')) return null
      const id = resolve(dirname(importer), source)
      if (isIn(dirname(file), id) || !isIn(dirname(dirname(file)), id)) return null
      if (!shared.includes(id)) shared.push(id)
      return { id, external: true }
    },
  }
  const format: OutputOptions = {
    format: 'iife',
    name: 'part',
    exports: 'named',
    minify: true,
    // in the order of their names: which is found first is a matter of chance
    globals: (id) => `$${shared.sort().indexOf(id)}`,
  }
  const edits = editPlugin([lowerRegexes(new SourceBudget(), String)])
  const code = await bundle(file, [outside, edits], format, stamps)
  const names = shared.map((_, index) => `$${index}`)
  const source = `(function(${names.join()}){${toAscii(code)}\nreturn part})\n//# sourceURL=${PART_URL}`
  return [
    ...shared.map((id, index) => `import * as ${names[index]} from ${JSON.stringify(id)}`),
    'const evaluate = globalThis.eval',
    'let part',
    `export default () => (part ??= evaluate(${JSON.stringify(source)})(${names.join()}))`,
  ].join('\n')
}

/** One character beyond Latin-1 would make the engine keep two bytes for each of the part's. */
function toAscii(code: string): string {
  return code.replaceAll(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function isIn(folder: string, file: string): boolean {
  return !relative(folder, file).startsWith('..')
}

/** Adds the files that it reads to `stamps`. */
async function bundle(
  input: string,
  plugins: Plugin[],
  options: OutputOptions,
  stamps: Stamps,
): Promise<string> {
  const build = await rolldown({
    input,
    platform: 'neutral',
    tsconfig: false,
    plugins,
    experimental: { attachDebugInfo: 'none' },
  })
  try {
    const { output } = await build.generate(options)
    for (const file of await build.watchFiles) stamps.set(file, toStamp(file))
    return output[0].code
  } finally {
    await build.close()
  }
}

/** Other when the file was written, and empty when there is none. */
function toStamp(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeNs}`
}

function isCurrent(stamps: Stamps): boolean {
  return stamps.values().every(Boolean) && stamps.entries().every(([file, stamp]) => toStamp(file) === stamp)
}
