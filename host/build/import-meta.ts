/**
 * `import.meta`, which the engine ends the instance for: an object of the module's own, as Node.js has it, in which a
 * module's place is its place in the app. It comes as an import, so that it is there before anything of the module runs.
 *
 *     file:///app/src/index.ts      file:///app/node_modules/hono/dist/hono.js
 */
import type { Plugin } from 'rolldown'
import { Visitor } from 'rolldown/utils'
import { pathToFileURL } from 'node:url'
import type { Edit } from './edit-plugin.ts'
import { toPlace } from './import-places.ts'

/** What to do about a member that Vite alone gives. */
export const VITE_ENV =
  "import.meta.env is Vite's, which replaces it: build the project (npx vite build, or its own build script) and give NANO what that makes"

const PREFIX = '\0nano:import-meta'
const HOME = '/app/'

/** Replaces it by an imported name. `toPath`: a module's path in the app; `warn` is told where members of `import.meta.env` are read. */
export function giveImportMeta(
  toPath: (id: string) => string,
  warn: (id: string, place: { line: number; column: number }) => void,
): Edit {
  return {
    worthParsing: /\bimport\s*\.\s*meta\b/,
    apply({ id, code, program, edited }) {
      let name = 'importMeta'
      while (code.includes(name)) name += '_'
      let isUsed = false
      new Visitor({
        MemberExpression({ start, object, optional }) {
          const isEnv =
            object.type === 'MemberExpression' && !object.computed && object.property.name === 'env'
          if (isEnv && object.object.type === 'MetaProperty' && !optional) warn(id, toPlace(code, start))
        },
        MetaProperty({ start, end, meta }) {
          if (meta.name !== 'import') return
          isUsed = true
          edited.overwrite(start, end, name)
        },
      }).visit(program)
      // before the module's other imports, any of which may lead back into it, and on a line that is there
      const first = program.body[0]?.start ?? 0
      if (isUsed)
        edited.appendLeft(first, `import ${name} from ${JSON.stringify(`${PREFIX}/${toPath(id)}`)};`)
    },
  }
}

/** Gives the modules behind these names. */
export const importMetaPlugin: Plugin = {
  name: 'nano-import-meta',
  resolveId: {
    filter: { id: new RegExp(`^${PREFIX}`) },
    handler: (source) => ({ id: source, moduleSideEffects: false }),
  },
  load: {
    filter: { id: new RegExp(`^${PREFIX}`) },
    handler(id) {
      if (id === PREFIX) return HELPER
      const { pathname, href } = pathToFileURL(HOME + id.slice(PREFIX.length + 1), { windows: false })
      const text = [decodeURIComponent(pathname), href].map((part) => JSON.stringify(part)).join(', ')
      return `import { toMeta } from ${JSON.stringify(PREFIX)}\nexport default /* @__PURE__ */ toMeta(${text})`
    },
  },
}

/** A name without a place, such as a package's, means nothing at run time. */
const HELPER = `
export function toMeta(filename, url) {
  const dirname = filename.slice(0, filename.lastIndexOf('/'))
  const resolve = (name) => {
    if (/^(?:\\.{0,2}\\/|[a-z][a-z\\d+.-]*:)/i.test(name)) return new URL(name, url).href
    throw new TypeError('import.meta.resolve() knows no packages at run time: ' + name)
  }
  return Object.assign(Object.create(null), { dirname, filename, url, resolve })
}`
