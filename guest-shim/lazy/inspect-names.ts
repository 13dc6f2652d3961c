/** What `util.inspect` of Node calls things: classes, tags, functions, errors. */

export const hasOwn = Object.hasOwn

/** The class of an object, null if it has no prototype. */
export function toClassName(value: object): string | null {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const owner: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value
    if (typeof owner === 'function' && owner.name !== '' && isInstance(value, owner)) return owner.name
  }
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype === null) return null
  return `${Object.prototype.toString.call(value).slice(8, -1)} <${toClassName(prototype) ?? 'Complex prototype'}>`
}

function isInstance(value: object, of: unknown): boolean {
  try {
    return value instanceof (of as new () => object)
  } catch {
    return false
  }
}

/** `Symbol.toStringTag`, where the object's own keys do not say it. */
export function toTag(value: object): string {
  const tag: unknown = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
  if (typeof tag !== 'string') return ''
  return Object.prototype.propertyIsEnumerable.call(value, Symbol.toStringTag) ? '' : tag
}

/** What stands before the brace. */
export function toPrefix(name: string | null, tag: string, fallback: string, size = ''): string {
  if (name === null) {
    const more = tag !== '' && tag !== fallback ? `[${tag}] ` : ''
    return `[${fallback}${size}: null prototype] ${more}`
  }
  return tag !== '' && tag !== name ? `${name}${size} [${tag}] ` : `${name}${size} `
}

const FUNCTIONS = ['AsyncFunction', 'GeneratorFunction', 'AsyncGeneratorFunction']
const CLASS = /^class(?:\s+[^(]*?|\s*)\{/

export function toFunctionBase(value: { readonly name: unknown }, name: string | null, tag: string): string {
  const text = Function.prototype.toString.call(value)
  const rest = tag !== '' && tag !== name ? ` [${tag}]` : ''
  if (CLASS.test(text) || text.startsWith('class ')) return toClassBase(value, name, rest)
  const type = FUNCTIONS.includes(tag) ? tag : 'Function'
  const called = typeof value.name === 'string' && value.name !== '' ? `: ${value.name}` : ' (anonymous)'
  const base = `[${type}${name === null ? ' (null prototype)' : ''}${called}]`
  return (name === null || name === type ? base : `${base} ${name}`) + rest
}

function toClassBase(value: { readonly name: unknown }, name: string | null, rest: string): string {
  const called = hasOwn(value, 'name') && value.name !== '' ? String(value.name) : '(anonymous)'
  const made = name === 'Function' || name === null ? '' : ` [${name}]`
  const parent = (Object.getPrototypeOf(value) as { name?: unknown } | null)?.name
  const above =
    name === null ? ' extends null' : typeof parent === 'string' && parent !== '' ? ` extends ${parent}` : ''
  return `[class ${called}${made}${rest}${above}]`
}

/** An error's stack, with its class where the name alone does not tell it. */
export function toErrorBase(error: Error, name: string | null, stack: string): string {
  const title = typeof error.name === 'string' ? error.name : 'Error'
  const next = stack[title.length]
  let text = stack
  if (
    name !== null &&
    name !== title &&
    title.endsWith('Error') &&
    stack.startsWith(title) &&
    (next === undefined || next === ':' || next === '\n')
  ) {
    text = `${name.includes(title) ? name : `${name} [${title}]`}${stack.slice(title.length)}`
  }
  return text.includes('\n    at') ? text : `[${text}]`
}
