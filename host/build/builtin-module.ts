/**
 * `process.getBuiltinModule(name)` with a name that is known when the app is built, as code does that may run without modules
 * of Node.js, and as what is built for nodejs_compat does: the module is the bundler's to require. A name that is put together
 * at run time finds nothing.
 */
import { Visitor } from 'rolldown/utils'
import type { Edit } from './edit-plugin.ts'
import { toKnownName } from './import-places.ts'

const GET = 'getBuiltinModule'

interface Call {
  readonly start: number
  readonly end: number
  readonly name: string
}

/** The edit. `isThere`: whether Node.js has a module of this name. */
export function requireBuiltins(isThere: (name: string) => boolean): Edit {
  return {
    worthParsing: /\bgetBuiltinModule\b/,
    async apply(module) {
      const calls: Call[] = []
      new Visitor({
        CallExpression({ start, end, callee, arguments: [argument, ...more] }) {
          const called = callee.type === 'MemberExpression' && !callee.computed ? callee.property : callee
          const name = toKnownName(argument)
          const isMeant = called.type === 'Identifier' && called.name === GET && more.length === 0
          if (isMeant && name !== undefined && isThere(name)) calls.push({ start, end, name })
        },
      }).visit(module.program)
      for (const { start, end, name } of calls) {
        if (await module.finds(name, 'require-call'))
          module.edited.overwrite(start, end, `require(${JSON.stringify(name)})`)
      }
    },
  }
}
