/**
 * Where async functions are lowered (lower-async.ts), code that looks for the engine's own prototypes has to find them still:
 *
 *     Object.getPrototypeOf(async function () {}).constructor
 *     Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype)
 *
 * Nobody calls such an empty function. Made at run time, it is not lowered.
 */
import { Visitor } from 'rolldown/utils'
import type { Edit } from './edit-plugin.ts'

/** What there is to see of an expression. */
interface Looked {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly async?: boolean
  readonly params?: readonly unknown[]
  readonly body?: unknown
  readonly expression?: unknown
}

/** The edit, for apps that are lowered. */
export const keepNativeAsync: Edit = {
  worthParsing: /\basync\b[^]*(?:[pP]roto|\bconstructor\b)/,
  apply({ code, program, edited }) {
    const keep = (expression: Looked | undefined) => {
      const looked = withoutParentheses(expression)
      if (looked === undefined || !isEmptyAsync(looked)) return
      const { start, end } = looked
      edited.overwrite(start, end, `Function(${JSON.stringify(`return ${code.slice(start, end)}`)})()`)
    }
    new Visitor({
      // `getPrototypeOf`, or what a module calls it
      CallExpression({ callee, arguments: [first] }) {
        if (/proto/i.test(code.slice(callee.start, callee.end))) keep(first)
      },
      MemberExpression: ({ object }) => keep(object),
    }).visit(program)
  },
}

function withoutParentheses(expression: Looked | undefined): Looked | undefined {
  return expression?.type === 'ParenthesizedExpression'
    ? withoutParentheses(expression.expression as Looked)
    : expression
}

function isEmptyAsync({ type, async, params, body }: Looked): boolean {
  if (type !== 'FunctionExpression' && type !== 'ArrowFunctionExpression') return false
  const statements = (body as { readonly body?: unknown }).body
  return async === true && params?.length === 0 && Array.isArray(statements) && statements.length === 0
}
