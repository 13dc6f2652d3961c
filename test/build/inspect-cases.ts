/** What `util.inspect` and `util.format` of an app say with each of their options: the same as in Node.js. */
import * as util from 'node:util'

class Shape {
  sides = 4
  get area() {
    return 16
  }
}
const circle: Record<string, unknown> = { name: 'c' }
circle['self'] = circle
const toError = (message: string, options?: ErrorOptions) =>
  Object.assign(new Error(message, options), { stack: `Error: ${message}\n    at f (file:///a.js:1:2)` })
const shown = {
  [util.inspect.custom](
    depth: number,
    options: util.InspectOptions & { stylize(text: string, style: string): string },
    inspect: typeof util.inspect,
  ) {
    const given = toOrdered({ ...options, stylize: undefined })
    return `<${depth} ${inspect === util.inspect} ${options.stylize('x', 'number')} ${JSON.stringify(given)}>`
  },
}
const toOrdered = (options: object) => Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1))
const within = {
  [util.inspect.custom]: (_: number, options: object) => util.inspect({ a: { b: { c: { d: 1 } } } }, options),
}

const VALUES: readonly unknown[] = [
  1234567.8912345,
  123456789n,
  -0,
  "it's",
  'line\nand another one that is long enough to be broken up, and some more of it\n'.repeat(2),
  Symbol('s'),
  { a: 1, 'b-c': [1, 'two', { three: 3 }], nested: { a: { b: { c: { d: 1 } } } } },
  Array.from({ length: 120 }, (_, i) => i * 1000),
  Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`key${30 - i}`, `value ${i}`])),
  new Map<unknown, unknown>([
    ['z', 1],
    ['a', new Set([3, 1, 2])],
  ]),
  new Shape(),
  Shape,
  Object.assign(function named() {}, { z: 1, a: 2 }),
  circle,
  toError('outer', { cause: toError('inner') }),
  Object.assign(toError('coded'), { code: 'E_X', info: { deep: [1, { two: 2 }] } }),
  new Uint8Array([1, 2, 3]),
  new ArrayBuffer(4),
  Object.assign(new Date(0), { extra: 1 }),
  [new Number(3), new String('abc'), Object(1n)],
  {
    get a() {
      return { b: 1 }
    },
    get text() {
      return 'x'
    },
    set both(_value: unknown) {},
    get both() {
      return null
    },
    get fails() {
      throw toError('no')
    },
  },
  Object.assign(Array<number>(3), { 0: 1, 2: 3 }),
  { [Symbol('key')]: 1, undefined: undefined, null: null },
  shown,
  [within, shown],
]

const OPTIONS: readonly util.InspectOptions[] = [
  {},
  { depth: 0 },
  { depth: null },
  { compact: false },
  { compact: true },
  { compact: 1 },
  { compact: true, breakLength: 30 },
  { compact: false, breakLength: 40, depth: 5 },
  { breakLength: Infinity },
  { breakLength: 20 },
  { sorted: true },
  { sorted: (a, b) => (a < b ? 1 : -1) },
  { getters: true },
  { getters: 'get' },
  { getters: 'set' },
  { maxArrayLength: 3 },
  { maxArrayLength: null },
  { maxStringLength: 5 },
  { numericSeparator: true },
  { colors: true },
  { colors: true, compact: false },
  { customInspect: false },
]

export function runInspect(): string[] {
  const old = util.inspect as (...args: unknown[]) => string
  const large = Array.from({ length: 3000 }, (_, i) => ({ i }))
  return [
    ...OPTIONS.flatMap((options) => VALUES.map((value) => util.inspect(value, options))),
    // a class is its source, which is the bundle's
    ...VALUES.filter((value) => value !== Shape).flatMap((value) =>
      ['%s', '%O', '%j', '%d', 'x'].map((mark) => toFormat(mark, value)),
    ),
    ...VALUES.map((value) => util.formatWithOptions({ colors: true, compact: false }, 'x %O', value, value)),
    old({ a: { b: { c: {} } } }, false, 0, true),
    old({ a: { b: { c: { d: {} } } } }, true, null),
    // however much it is
    String(util.inspect(large, { maxArrayLength: null }).length),
    JSON.stringify([
      util.inspect.styles['string'],
      util.inspect.colors['red'],
      toOrdered(util.inspect.defaultOptions),
    ]),
  ]
}

function toFormat(mark: string, value: unknown): string {
  try {
    return util.format(mark, value, 'y')
  } catch {
    return 'throws'
  }
}
