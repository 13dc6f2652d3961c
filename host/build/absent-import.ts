/**
 * Imports of what is not there. An instance can load nothing, and the engine ends it for asking; code that asks is ready
 * for a refusal, so it gets one at run time: `import()` a rejected promise, `require` within `try` an exception, both
 * with the codes of Node.js. So does a `require` of a package: it may be that of a driver among many, whose module nobody loads. Static
 * imports and what a module requires of its own stay the bundler's, and fail the build.
 */
import { Visitor } from 'rolldown/utils'
import type { Edit, EditedModule, ImportKind } from './edit-plugin.ts'
import { toPattern } from './import-patterns.ts'
import { toKnownName, toPlace } from './import-places.ts'

const UNKNOWN = toRejection(
  'import() needs a name that is known when the app is built; there is no module at run time named ',
)
const ABSENT = toRejection('this module was not there when the app was built: ')
const REQUIRE =
  '((name) => { throw Object.assign(new Error("Cannot find module \'" + name + "\': it was not there when the app was built"), { code: "MODULE_NOT_FOUND" }) })'

/** No file of the module's own, and nothing that Node.js has. */
const PACKAGE = /^(?!node:)[^./]/

/** An import in a module: its whole expression from `start`, and its name from `from`, to `to`. */
interface Import {
  readonly kind: ImportKind
  readonly name: string | undefined
  /** The texts around the gaps of a name that is put together. */
  readonly pattern?: readonly string[] | undefined
  readonly start: number
  readonly from: number
  readonly to: number
  readonly end: number
  /** Nobody catches what comes of it. */
  readonly isBare?: boolean
}

/**
 * The edit. `warn` is told which `import()` finds nothing: the module, the place in it and the name. `listFits`: the names
 * that a pattern can become, and the module that each of them means.
 */
export function rejectAbsentImports(
  warn: (id: string, place: { line: number; column: number }, name: string) => void,
  listFits: (id: string, pattern: readonly string[]) => ReadonlyMap<string, string>,
): Edit {
  return {
    worthParsing: /\bimport\s*\(|\brequire\s*\(/,
    async apply(module) {
      for (const { kind, name, pattern, start, from, to, end, isBare } of listImports(module)) {
        if (name !== undefined && (await module.finds(name, kind))) {
          // a comment there may tell a bundler to leave the import alone
          const hasComment = module.code.slice(start, from).includes('/')
          if (kind === 'dynamic-import' && hasComment) module.edited.overwrite(start, from, 'import(')
          continue
        }
        if (kind === 'require-call') {
          if (isBare === true) warn(module.id, toPlace(module.code, from), name!)
          module.edited.overwrite(start, from, `${REQUIRE}(`)
          continue
        }
        if (name !== undefined) warn(module.id, toPlace(module.code, from), name)
        const fits = pattern === undefined ? undefined : listFits(module.id, pattern)
        const unknown = fits === undefined ? UNKNOWN : toChoice(fits)
        module.edited.overwrite(start, from, name === undefined ? unknown : ABSENT)
        module.edited.overwrite(to, end, ')')
      }
    },
  }
}

/** Every `import()`, and every `require` of a known name that an enclosing `try` of its function catches, or that is a package's. */
function listImports({ program }: EditedModule): Import[] {
  const imports: Import[] = []
  /** What is around the node that is visited: functions, and blocks that are tried. */
  const around: { end: number; tried: boolean }[] = []
  const enter = (end: number, tried: boolean) => void around.push({ end, tried })
  const leave = () => void around.pop()
  const enterFunction = ({ end }: { end: number }) => enter(end, false)
  /** A local `require` is somebody else's. */
  let isLocal = false
  const noteLocal = (node: { type: string; name?: unknown } | null) => {
    if (node?.type === 'Identifier' && node.name === 'require') isLocal = true
  }
  new Visitor({
    FunctionDeclaration(node) {
      noteLocal(node.id)
      node.params.forEach(noteLocal)
      enterFunction(node)
    },
    FunctionExpression(node) {
      node.params.forEach(noteLocal)
      enterFunction(node)
    },
    ArrowFunctionExpression(node) {
      node.params.forEach(noteLocal)
      enterFunction(node)
    },
    'FunctionDeclaration:exit': leave,
    'FunctionExpression:exit': leave,
    'ArrowFunctionExpression:exit': leave,
    VariableDeclarator: ({ id }) => noteLocal(id),
    ImportSpecifier: ({ local }) => noteLocal(local),
    ImportDefaultSpecifier: ({ local }) => noteLocal(local),
    TryStatement: ({ block, handler }) => enter(handler === null ? 0 : block.end, true),
    'TryStatement:exit': leave,
    ImportExpression({ start, end, source }) {
      const name = toKnownName(source)
      const pattern = name === undefined ? toPattern(source) : undefined
      imports.push({ kind: 'dynamic-import', name, pattern, start, from: source.start, to: source.end, end })
    },
    CallExpression({ start, end, callee, arguments: [source, ...more] }) {
      if (callee.type !== 'Identifier' || callee.name !== 'require' || more.length > 0) return
      const name = toKnownName(source)
      if (name === undefined || source === undefined) return
      const innermost = around.findLast((scope) => start < scope.end)
      const isBare = innermost?.tried !== true
      if (isBare && !PACKAGE.test(name)) return
      imports.push({ kind: 'require-call', name, start, from: source.start, to: source.end, end, isBare })
    },
  }).visit(program)
  return imports.filter(({ kind }) => kind === 'dynamic-import' || !isLocal)
}

/** The same, with a choice of modules by name. */
function toChoice(fits: ReadonlyMap<string, string>): string {
  const cases = Array.from(
    fits,
    ([name, file]) => `name === ${JSON.stringify(name)} ? import(${JSON.stringify(file)}) : `,
  )
  return `((name) => ${cases.join('')}${UNKNOWN}name))(`
}

/** The beginning of an expression that is to end with a name and a parenthesis. */
function toRejection(message: string): string {
  const error = `Object.assign(new TypeError(${JSON.stringify(message)} + name), { code: "ERR_MODULE_NOT_FOUND" })`
  return `((name) => Promise.reject(${error}))(`
}
