/**
 * Files that are no JavaScript, as wrangler takes them: their text, or their bytes as an ArrayBuffer. A file's ending says
 * which, unless the import does (`?raw`, `with { type: 'text' | 'json' | 'bytes' }`), or the rules of a wrangler file.
 */
import { readFile } from 'node:fs/promises'
import { extname, relative, sep } from 'node:path'
import { MagicString } from 'magic-string'
import type { Plugin } from 'rolldown'
import { Visitor } from 'rolldown/utils'
import { toRuleType } from '../wrangler/source.ts'
import type { ModuleRule, SourceSettings } from '../wrangler/source.ts'
import type { Edit } from './edit-plugin.ts'

const TEXT = [
  '.txt',
  '.html',
  '.htm',
  '.sql',
  '.md',
  '.svg',
  '.css',
  '.csv',
  '.tsv',
  '.xml',
  '.graphql',
  '.gql',
  '.yaml',
  '.yml',
  '.toml',
  '.ejs',
  '.hbs',
  '.mustache',
  '.njk',
  '.glsl',
  '.pem',
  '.crt',
  '.ics',
]
const BYTES = [
  '.bin',
  '.png',
  '.jpg',
  '.jpeg',
  '.gif',
  '.webp',
  '.avif',
  '.ico',
  '.bmp',
  '.woff',
  '.woff2',
  '.ttf',
  '.otf',
  '.eot',
  '.pdf',
  '.zip',
  '.gz',
  '.br',
  '.mp3',
  '.mp4',
  '.webm',
  '.wav',
  '.der',
]
/** Endings of files that are modules by themselves. */
export const CODE: ReadonlySet<string> = new Set([
  '.js',
  '.mjs',
  '.cjs',
  '.jsx',
  '.ts',
  '.mts',
  '.cts',
  '.tsx',
  '.json',
])

type Kind = 'text' | 'json' | 'bytes' | 'arrayBuffer'

/** What an import's attribute or query asks for. */
const ASKED: Readonly<Record<string, Kind>> = { text: 'text', raw: 'text', json: 'json', bytes: 'bytes' }
const BY_RULE: Readonly<Record<ModuleRule['type'], Kind | undefined>> = {
  Text: 'text',
  Data: 'arrayBuffer',
  code: undefined,
}
const QUERY = /\?(raw|text|json|bytes)$/
const BY_ENDING = new Map<string, Kind>([
  ...TEXT.map((ending) => [ending, 'text'] as const),
  ...BYTES.map((ending) => [ending, 'arrayBuffer'] as const),
])

/** The file that is meant by the bundler's name of one. */
export function withoutQuery(id: string): string {
  return id.replace(QUERY, '')
}

/** What to do about a file that the bundler does not understand; undefined when it is code by its name. */
export function adviceForType(file: string): string | undefined {
  const ending = extname(file)
  if (CODE.has(ending)) return undefined
  return (
    `this is no JavaScript; for its text import "…${ending}?raw", ` +
    "for its bytes with { type: 'bytes' }, or compile it to JavaScript first"
  )
}

/** An import's attribute becomes a query, by which one file can be of two types. */
export const keepAttributes: Edit = {
  worthParsing: /\bwith\s*:?\s*\{/,
  apply({ program, edited }) {
    const note = (source: Named | null, attributes: readonly Attribute[]) => {
      const type = attributes.find(({ key }) => (key.name ?? key.value) === 'type')?.value.value
      if (source === null || typeof source.value !== 'string' || type === undefined) return
      if (!Object.hasOwn(ASKED, type) || QUERY.test(source.value)) return
      edited.overwrite(source.start, source.end, JSON.stringify(`${source.value}?${type}`))
      // the bundler looks at the attributes too, and knows json alone
      removeAttributes(edited, source.end, attributes)
    }
    new Visitor({
      ImportDeclaration: ({ source, attributes }) => note(source, attributes),
      ExportNamedDeclaration: ({ source, attributes }) => note(source, attributes),
      ExportAllDeclaration: ({ source, attributes }) => note(source, attributes),
    }).visit(program)
  },
}

interface Named {
  readonly value?: unknown
  readonly start: number
  readonly end: number
}

interface Attribute {
  readonly key: { readonly name?: string; readonly value?: string }
  readonly value: { readonly value: string; readonly end: number }
  readonly end: number
}

function removeAttributes(edited: MagicString, from: number, attributes: readonly Attribute[]): void {
  const last = attributes.at(-1)!.end
  const close = edited.original.indexOf('}', last)
  edited.remove(from, close + 1)
}

/** The plugin. `settings`: of a wrangler file. */
export function fileTypes(settings: Pick<SourceSettings, 'rules' | 'folder'> | undefined): Plugin {
  const toKind = (id: string): Kind | undefined => {
    const [, asked = ''] = QUERY.exec(id) ?? []
    if (Object.hasOwn(ASKED, asked)) return ASKED[asked]
    const type = settings && toRuleType(settings.rules, relative(settings.folder, id).replaceAll(sep, '/'))
    return type === undefined ? BY_ENDING.get(extname(id).toLowerCase()) : BY_RULE[type]
  }
  return {
    name: 'nano-file-types',
    resolveId: {
      filter: { id: QUERY },
      async handler(source, importer, options) {
        const query = QUERY.exec(source)![0]
        const found = await this.resolve(withoutQuery(source), importer, { ...options, skipSelf: true })
        return found === null || found.external !== false ? found : { id: found.id + query }
      },
    },
    async load(id) {
      const kind = id.startsWith('\0') ? undefined : toKind(id)
      if (kind === undefined) return null
      const bytes = await readFile(withoutQuery(id))
      if (kind === 'json') return { code: bytes.toString('utf8'), moduleType: 'json' }
      if (kind === 'text') return { code: bytes.toString('utf8'), moduleType: 'text' }
      const text = JSON.stringify(bytes.toString('base64'))
      const part = kind === 'arrayBuffer' ? '.buffer' : ''
      return { code: `export default Uint8Array.fromBase64(${text})${part}`, moduleType: 'js' }
    },
  }
}
