/**
 * `createRequire` of `node:module` in a module's own variable: what is there when the app is built is the bundler's to require,
 * as if there were no such variable. The rest is left to the function that was made, which finds nothing at run time.
 *
 *     const require = createRequire(import.meta.url)        const require$created = createRequire(import.meta.url)
 *     require('node:path')                             >    require('node:path')
 *     require('not-there')                                  require$created('not-there')
 */
import { Visitor } from 'rolldown/utils'
import type { Edit, EditedModule } from './edit-plugin.ts'
import { toKnownName } from './import-places.ts'

const CREATE = 'createRequire'
const REQUIRE = 'require'
const CREATED = 'require$created'

interface Call {
  readonly callee: { readonly start: number; readonly end: number }
  readonly name: string
}

/** The edit. */
export const followCreatedRequire: Edit = {
  worthParsing: /\bcreateRequire\b/,
  async apply(module) {
    const created = findCreated(module)
    if (created === undefined) return
    const { variable, calls } = created
    const isHidden = variable.name === REQUIRE
    if (isHidden) module.edited.overwrite(variable.start, variable.end, CREATED)
    for (const { callee, name } of calls) {
      const isThere = await module.finds(name, 'require-call')
      if (isThere !== isHidden) module.edited.overwrite(callee.start, callee.end, isThere ? REQUIRE : CREATED)
    }
  },
}

/** The variable of the module that holds such a function, and its calls with a known name. */
function findCreated({ program }: EditedModule) {
  const aliases = new Set<string>()
  const bound = new Map<string, number>()
  const bind = (node: { type: string; name?: unknown } | null) => {
    if (node?.type !== 'Identifier') return
    const name = String(node.name)
    bound.set(name, (bound.get(name) ?? 0) + 1)
  }
  const bindAll = ({ params }: { params: readonly { type: string }[] }) => params.forEach(bind)
  const calls: (Call & { by: string })[] = []
  new Visitor({
    ImportSpecifier({ imported, local }) {
      bind(local)
      if (imported.type === 'Identifier' && imported.name === CREATE) aliases.add(local.name)
    },
    VariableDeclarator: ({ id }) => bind(id),
    FunctionDeclaration(node) {
      bind(node.id)
      bindAll(node)
    },
    FunctionExpression: bindAll,
    ArrowFunctionExpression: bindAll,
    CallExpression({ callee, arguments: [argument, ...more] }) {
      const name = toKnownName(argument)
      if (callee.type === 'Identifier' && name !== undefined && more.length === 0)
        calls.push({ by: callee.name, callee, name })
    },
  }).visit(program)
  for (const statement of program.body) {
    if (statement.type !== 'VariableDeclaration') continue
    for (const { id, init } of statement.declarations) {
      if (id.type !== 'Identifier' || init?.type !== 'CallExpression') continue
      const { callee } = init
      const isMember =
        callee.type === 'MemberExpression' &&
        callee.property.type === 'Identifier' &&
        callee.property.name === CREATE
      const isAlias = callee.type === 'Identifier' && aliases.has(callee.name)
      // a second variable of the name may be the one that is called
      const isOnly = bound.get(id.name) === 1 && (id.name === REQUIRE || !bound.has(REQUIRE))
      if ((isMember || isAlias) && isOnly)
        return { variable: id, calls: calls.filter(({ by }) => by === id.name) }
    }
  }
  return undefined
}
