/** `inspect`: what a component file is, without a server: its engine, its image, what it carries. */

import type { Command } from 'commander'

import { toContentHash } from '../../artifacts/blobs.ts'
import { readCarriedBundle } from '../../component/carried-bundle.ts'
import { readEnvReads } from '../../component/env-reads.ts'
import type { EnvReads } from '../../component/env-reads.ts'
import { checkSize } from '../../component/read.ts'
import { splitComponent } from '../../component/skeleton.ts'
import { Engines } from '../../deploy/open-engines.ts'
import { readRegularFile } from '../../deploy/read-file.ts'
import { readMapText } from '../../deploy/read-source-map.ts'
import { NanoError } from '../../errors.ts'
import { splitImage, toImageBytes } from '../../image/image.ts'
import { checkForeign } from '../../transpile/check-component.ts'
import { WASM_PAGE } from '../../wasm/memory.ts'
import { toSize } from '../messages.ts'
import { flag } from '../usage.ts'

const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu
/** Of names in the text for a person. */
const MOST_SHOWN = 10

interface TopLevelEnv {
  /** Without it the top level does not come to its end. */
  readonly required: boolean
  readonly all: boolean
  readonly names: readonly string[]
}

interface FileFacts {
  readonly file: string
  readonly component_bytes: number
  readonly sha256: string
}

/** Of a component that is not NANO's, and can be served all the same. */
interface ForeignInspection extends FileFacts {
  readonly foreign: { readonly imports: readonly string[] }
}

interface Inspection extends FileFacts {
  readonly engine: string
  /** Whether this version of NANO serves it as it is. */
  readonly engine_is_served: boolean
  /** Undefined: the component carries no bundle that says so. */
  readonly world?: string
  readonly toolchain?: readonly string[]
  readonly image_bytes: number
  readonly memory_bytes: number
  readonly bundle?: { readonly entry: string; readonly code_bytes: number; readonly carried_bytes: number }
  /** What of its `env` the app reads at its top level; undefined: nothing. */
  readonly env_at_top_level?: TopLevelEnv
  /** Beside the file. */
  readonly source_map: 'none' | 'unreadable' | 'of this component' | 'of another component' | 'unknown'
}

export function addInspect(program: Command): void {
  program
    .command('inspect')
    .summary('say what a component is')
    .description('Say what a component is: its engine, image, bundle and source map. Needs no server.')
    .argument('<component>', 'a file that build made')
    .addOption(flag('--json', 'print it as JSON'))
    .action((file: string, { json }: { json?: true }) => {
      const found = inspect(file)
      const text = 'foreign' in found ? toForeignText(found) : toText(found)
      process.stdout.write(json ? `${JSON.stringify(found)}\n` : text)
    })
}

function inspect(file: string): Inspection | ForeignInspection {
  try {
    const bytes = readRegularFile(file, checkSize)
    const facts = { file, component_bytes: bytes.length, sha256: toContentHash(bytes) }
    const imports = readForeign(bytes)
    if (imports !== undefined) return { ...facts, foreign: { imports } }
    const { skeletonHash, memoryMinPages, segments } = splitComponent(bytes)
    const image = splitImage(segments, memoryMinPages)
    const bundle = readCarriedBundle(bytes)
    const reads = readEnvReads(bytes)
    return {
      ...facts,
      engine: skeletonHash,
      engine_is_served: new Engines().serves(skeletonHash),
      image_bytes: toImageBytes(image),
      memory_bytes: image.pages * WASM_PAGE,
      source_map: readMap(`${file}.map`, bundle?.mapHash),
      ...(reads && { env_at_top_level: toShown(reads) }),
      ...(bundle && {
        world: bundle.world,
        toolchain: bundle.toolchain,
        bundle: {
          entry: bundle.entry,
          code_bytes: bundle.codeBytes,
          carried_bytes: bundle.compressed.length,
        },
      }),
    }
  } catch (error) {
    if (!(error instanceof NanoError)) throw error
    throw new NanoError(error.code, `${file}: ${error.message}`, { cause: error })
  }
}

/** What one from elsewhere imports; undefined: it is none, or NANO's own is in it. */
function readForeign(bytes: Uint8Array): readonly string[] | undefined {
  try {
    const imports = checkForeign(bytes)
    return hasBundle(bytes) ? undefined : imports
  } catch {
    return undefined
  }
}

function hasBundle(bytes: Uint8Array): boolean {
  try {
    return readCarriedBundle(bytes) !== undefined
  } catch {
    return false
  }
}

/** Names are a tenant's own. */
function toShown({ isRequired: required, isAll: all, names }: EnvReads): TopLevelEnv {
  return { required, all, names: names.map((name) => name.replaceAll(UNPRINTABLE, '\ufffd')) }
}

function readMap(path: string, hash: string | undefined): Inspection['source_map'] {
  try {
    const found = toContentHash(Buffer.from(readMapText(path)))
    if (hash === undefined) return 'unknown'
    return found === hash ? 'of this component' : 'of another component'
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
    return code === 'ENOENT' ? 'none' : 'unreadable'
  }
}

function toForeignText({ foreign: { imports }, ...facts }: ForeignInspection): string {
  const rows = [
    ['component', `${toSize(facts.component_bytes)}, sha256 ${facts.sha256}`],
    ['world', 'wasi:http, from elsewhere: an operator can serve it with "foreign": true'],
    ['imports', imports.length === 0 ? 'nothing' : imports.join(', ')],
  ]
  return toLines(rows)
}

function toText(found: Inspection): string {
  const { bundle, world = 'unknown', toolchain = [], env_at_top_level: reads } = found
  const served = found.engine_is_served ? 'served by this version' : 'not served by this version'
  const again = bundle === undefined ? '' : '; it is made again from its bundle where it is deployed'
  const rows = [
    ['component', `${toSize(found.component_bytes)}, sha256 ${found.sha256}`],
    ['world', world],
    ['engine', `${found.engine}, ${served}${found.engine_is_served ? '' : again}`],
    ['built with', toolchain.length === 0 ? 'unknown' : toolchain.join(', ')],
    ['image', `${toSize(found.image_bytes)} of ${toSize(found.memory_bytes)} memory`],
    [
      'bundle',
      bundle === undefined
        ? 'none'
        : `${bundle.entry}, ${toSize(bundle.code_bytes)}, carried as ${toSize(bundle.carried_bytes)}`,
    ],
    ...(reads === undefined ? [] : [['reads env', toReadsText(reads)]]),
    ['source map', found.source_map === 'unknown' ? 'beside it' : found.source_map],
  ]
  return toLines(rows)
}

function toLines(rows: readonly (readonly string[])[]): string {
  return rows.map(([name = '', text = '']) => `${name.padEnd(10)}  ${text}\n`).join('')
}

function toReadsText({ required, all, names }: TopLevelEnv): string {
  const more = names.length > MOST_SHOWN ? [`${names.length - MOST_SHOWN} more`] : []
  const what = all ? 'all of it' : [...names.slice(0, MOST_SHOWN), ...more].join(', ')
  return required
    ? `${what}, at the top level, which fails without; its image is made for each deployment`
    : `${what}, at the top level; its image is made for each deployment that has it`
}
