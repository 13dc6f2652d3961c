/**
 * Functions that were lowered (lower-async.ts) say what they were: their prototype, constructor and tag are those of an async
 * function, by which libraries tell one that takes a callback from one that gives a promise. Methods do not, nor does what a
 * package declares in an ES module: nobody could leave it out of the bundle any more.
 *
 *     function f(a) { return _f.apply(this, arguments) }          helper.mark(f), before the first statement beside it
 *     function () {
 *       var _f = helper(function* (a) { ... })
 *       return function f(a) { return _f.apply(this, arguments) }     return helper.mark(function f ...)
 *     }()
 */
import { Visitor } from 'rolldown/utils'
import type { Edit } from './edit-plugin.ts'

/** What is looked at of a statement. */
interface Statement {
  readonly type: string
  readonly start: number
  readonly directive?: string | null
  readonly declaration?: object | null
}

interface FunctionNode {
  readonly type: string
  readonly id?: { readonly name: string } | null
  readonly body: { readonly start: number; readonly end: number } | null
}

const FORWARDS = /^\{\s*return (\w+)\.apply\(this, arguments\);\s*\}$/

/** The edit. `helper`: the file of what lowered functions are made with. `isOwn`: whether a module is the app's. */
export function markAsync(helper: string, isOwn: (id: string) => boolean): Edit {
  const name = JSON.stringify(helper)
  return {
    worthParsing: /\.apply\(this, arguments\)/,
    apply({ id, code, program, edited }) {
      const required = code.indexOf(` = require(${name})`)
      const at = Math.max(code.indexOf(` from ${name}`), required, 0)
      const local = /[\w$]+$/.exec(code.slice(0, at))?.[0]
      if (local === undefined) return
      const makes = new RegExp(`\\b(\\w+) = ${local.replaceAll('$', '\\$')}\\(`, 'g')
      const made = new Set(Array.from(code.matchAll(makes), ([, variable]) => variable))
      const isWrapper = ({ body }: FunctionNode) =>
        body !== null && made.has(FORWARDS.exec(code.slice(body.start, body.end))?.[1])
      const markAmong = ({ body }: { readonly body: readonly Statement[] }) => {
        const names = body
          .map((statement) => (statement.declaration ?? statement) as FunctionNode)
          .filter((each) => each.type === 'FunctionDeclaration' && isWrapper(each))
          .flatMap(({ id }) => id?.name ?? [])
        // in CommonJS the helper is a variable, among others of its kind
        const first = body.find(
          ({ type, start, directive }) =>
            typeof directive !== 'string' && type !== 'ImportDeclaration' && start > required,
        )
        if (names.length > 0 && first !== undefined)
          edited.appendLeft(first.start, `${local}.mark(${names.join(', ')}); `)
      }
      new Visitor({
        Program(node) {
          if (required >= 0 || isOwn(id)) markAmong(node)
        },
        BlockStatement: markAmong,
        StaticBlock: markAmong,
        FunctionExpression(node) {
          if (!isWrapper(node)) return
          edited.appendLeft(node.start, `${local}.mark(`)
          edited.appendRight(node.end, ')')
        },
      }).visit(program)
    },
  }
}
