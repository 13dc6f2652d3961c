/** What is made from `wit/` is what would be made now, and worlds are composed, read and laid out as they should be. */
import { componentEmbed, print } from '@bytecodealliance/jco'
import { describe, it } from 'vitest'
import { composeWorld } from './generator/compose.ts'
import { emitGuest } from './generator/emit-guest.ts'
import { emitTable } from './generator/emit-world.ts'
import { toFlat, toLayout, toOffsets } from './generator/layout.ts'
import { parseWit } from './generator/parse.ts'
import { resolveWorld, type Type } from './generator/resolve.ts'
import { findStale } from './generate.ts'
import { withVersion, witText } from './text.ts'
import { PRESENT, TABLES } from './worlds.ts'

it('everything that is made from wit/ is what wit/ says', { timeout: 60_000 }, async ({ expect }) => {
  expect(await findStale()).toEqual([])
})

it('a guest imports the present world unless it names another', ({ expect }) => {
  expect(withVersion('nano:workers/timer')).toBe(`nano:workers/timer@${PRESENT}`)
  expect(withVersion('nano:workers/timer@0.1.0')).toBe('nano:workers/timer@0.1.0')
  expect(witText()).toContain(`package nano:workers@${PRESENT};`)
  expect(witText('0.1.0')).toContain('package nano:workers@0.1.0;')
})

const WORLD = {
  name: 'world.wit',
  text: 'package a:b@1.2.3;\nworld w {\n  export turn: func(source: u32);\n}\n',
}

/** The type of the first parameter of a function with this one. */
function toType(parameter: string, definitions = ''): Type {
  const text = `package a:b@1.0.0; interface i { ${definitions} f: func(x: ${parameter}); } world w { import i; }`
  return resolveWorld(parseWit(text, 'x.wit')).imports[0]!.functions[0]!.parameters[0]!.type
}

/** The table of a world with one function of an import. */
function toTable(func: string, definitions = ''): string {
  const text = `package a:b@1.0.0;\ninterface i { ${definitions}\n${func} }\nworld w { import i; }`
  return emitTable(resolveWorld(parseWit(text, 'x.wit')))
}

describe('a world is composed', () => {
  const events = 'interface events {\n  variant event {\n    startup,\n  }\n}\n'
  const kv =
    'interface kv {\n  record got { id: u32 }\n  variant event {\n    /// Here it is.\n    got(got)\n  }\n  get: func(id: u32);\n}\n'

  it('of every interface with functions, and of the events of all', ({ expect }) => {
    const text = composeWorld([
      WORLD,
      { name: 'kv.wit', text: kv },
      { name: 'events.wit', text: events },
      { name: 'shared.wit', text: 'interface shared {\n  type text = list<u8>;\n}\n' },
    ])
    expect(text.match(/^package .*$/gm)).toEqual(['package a:b@1.2.3;'])
    expect(text).toContain('interface events {\n  use kv.{got};\n')
    expect(text).toMatch(/startup,\s+\/\/\/ Here it is\.\s+got\(got\),/)
    expect(text.match(/ {2}import \w+;/g)).toEqual(['  import kv;'])
  })

  it('and is not when two events mean different types by one name', ({ expect }) => {
    const other = kv.replaceAll('kv', 'db').replace('got(got)', 'had(got)')
    const files = [
      { name: 'kv.wit', text: kv },
      { name: 'db.wit', text: other },
    ]
    expect(() => composeWorld([WORLD, { name: 'events.wit', text: events }, ...files])).toThrow(
      /^kv\.wit:\d+: .*no other event uses otherwise, got "got"/,
    )
  })
})

describe('what is no WIT of ours is refused with its place', () => {
  it.for([
    ['result', 'interface i {\n  f: func() -> result<u32>;\n}', 'x.wit:2: expected no type "result<...>"'],
    ['tuple', 'interface i { f: func(a: tuple<u8>); }', 'x.wit:1: expected no type "tuple<...>"'],
    ['resources', 'interface i {\n\n  resource r;\n}', 'x.wit:3: expected ":", got "r"'],
    ['flags', 'interface i { flags f { a } }', 'x.wit:1: expected ":", got "f"'],
    ['an include', 'world w { include other; }', 'x.wit:1: expected use, import or export, got "include"'],
    ['half a file', 'interface i {\n  record r {\n', 'x.wit:3: expected a name, got the end'],
    ['a sign', 'interface i { f: func(a: u8) -> #; }', 'x.wit:1: expected a word or a sign, got "#"'],
  ] as const)('%s', ([, text, message], { expect }) => {
    expect(() => parseWit(text, 'x.wit')).toThrow(message)
  })

  it('an option of an option', ({ expect }) => {
    expect(() => toType('option<o>', 'type o = option<u8>;')).toThrow('x.wit:1: expected something other')
  })

  it('a name of nothing', ({ expect }) => {
    expect(() => toType('nothing')).toThrow('x.wit:1: there is no type "nothing" in i')
    expect(() => toType('r', 'use other.{r};')).toThrow('x.wit:1: there is no interface "other"')
  })
})

describe('the canonical ABI', () => {
  const record = 'record r { a: u8, b: u64, c: u16, d: string }'

  it.for([
    ['bool', '', 1, 1, ['i32']],
    ['char', '', 4, 4, ['i32']],
    ['f64', '', 8, 8, ['f64']],
    ['string', '', 8, 4, ['i32', 'i32']],
    ['list<u64>', '', 8, 4, ['i32', 'i32']],
    ['e', 'enum e { a, b }', 1, 1, ['i32']],
    ['r', record, 32, 8, ['i32', 'i64', 'i32', 'i32', 'i32']],
    ['option<r>', record, 40, 8, ['i32', 'i32', 'i64', 'i32', 'i32', 'i32']],
    ['v', 'variant v { a, b(u16), c(string) }', 12, 4, ['i32', 'i32', 'i32']],
    ['v', 'variant v { a(f32), b(u32) }', 8, 4, undefined],
    ['option<u8>', '', 2, 1, ['i32', 'i32']],
  ] as const)('%s %s', ([parameter, definitions, size, align, flat], { expect }) => {
    const type = toType(parameter, definitions)
    expect([toLayout(type), toFlat(type)]).toEqual([{ size, align }, flat])
  })

  it('lays fields at their alignment', ({ expect }) => {
    const type = toType('r', record)
    expect(type.kind === 'record' && toOffsets(type.fields.map((field) => field.type))).toEqual([
      0, 8, 16, 20,
    ])
  })

  it('takes two bytes for more than 256 cases', ({ expect }) => {
    const cases = Array.from({ length: 257 }, (_, i) => `c${i}`)
    expect(toLayout(toType('e', `enum e { ${cases.join(', ')} }`))).toEqual({ size: 2, align: 2 })
    expect(toLayout(toType('e', `enum e { ${cases.slice(1).join(', ')} }`))).toEqual({ size: 1, align: 1 })
  })
})

describe('a function that could not be called so is refused', () => {
  const sixteen = Array.from({ length: 16 }, (_, i) => `p${i}: u32`).join(', ')

  it.for([
    ['more than 16 core arguments', `f: func(${sixteen}, s: u8);`, '', /x\.wit:3: .*at most 16 .*"f" has 17/],
    ['lists in lists', 'f: func(a: list<list<u8>>);', '', /x\.wit:3: .*items of a list .*"f" has some/],
    [
      'texts in lists',
      'f: func(a: option<list<r>>);',
      'record r { a: u8, b: option<string> }',
      /x\.wit:3: .*items of a list .*"f" has some/,
    ],
    ['a text as its result', 'f: func() -> string;', '', /x\.wit:3: .*"f" gives another; let an event/],
    [
      'cases of other core types',
      'f: func(v: v);',
      'variant v { a(f64), b(u32) }',
      /x\.wit:3: .*"v" that are passed alike/,
    ],
  ] as const)('%s', ([, func, definitions, message], { expect }) => {
    expect(() => toTable(func, definitions)).toThrow(message)
  })

  it('bytes as its result go where the guest wants them', ({ expect }) => {
    expect(toTable('f: func(a: u8) -> list<u8>;')).toContain(
      "'f': (a0: number, at: number) => to.bytes(at, imports['a:b/i'].f(a0 & 0xff))",
    )
  })

  it('16 are fine', ({ expect }) => {
    expect(toTable(`f: func(${sixteen});`)).toContain("'f': (a0: number")
  })
})

describe("the guest's half", () => {
  const toScript = (func: string, imports: readonly (readonly [string, string])[] = [['a:b/i@1.0.0', 'f']]) =>
    emitGuest(
      resolveWorld(parseWit(`package a:b@1.0.0;\ninterface i { ${func} }\nworld w { import i; }`, 'x.wit')),
      imports,
    )

  it('calls the imports in the order of the engine', ({ expect }) => {
    const script = toScript('f: func(a: u32); g: func() -> list<u8>;', [
      ['a:b/i@1.0.0', 'g'],
      ['a:b/i@1.0.0', 'f'],
    ])
    expect(script).toContain('const [memory, realloc, dealloc, import0, import1] = $bindings')
    expect(script).toMatch(/\bf\(p0\) \{\n {4}import1\(p0 \| 0\)\n/)
    expect(script).toMatch(/\bg\(\) \{\n {4}const place = import0\(\) >>> 0\n/)
  })

  it('is refused for an engine without one of its imports, and for what could not come back', ({
    expect,
  }) => {
    expect(() => toScript('f: func();', [])).toThrow('expected an engine that imports a:b/i@1.0.0 f')
    expect(() => toScript('f: func() -> string;')).toThrow(
      'x.wit:2: expected a number, a bool, a char or a list',
    )
  })
})

describe('the structure of a world', () => {
  const structureOf = (func: string) => /structure = '(\w+)'/.exec(toTable(func))?.[1]

  it('is the same whatever is said about it, and another when it is laid out otherwise', ({ expect }) => {
    const plain = structureOf('f: func(a: u32);')
    expect(structureOf('/// Words.\nf: func(a: u32);')).toBe(plain)
    expect(structureOf('f: func(a: u16);')).not.toBe(plain)
    expect(structureOf('f: func(b: u32);')).not.toBe(plain)
    expect(structureOf('g: func(a: u32);')).not.toBe(plain)
  })
})

/** Imports and exports of a core module of a world, made by the reference tools, as `interface function` and core types. */
async function readReference(text: string): Promise<Map<string, string>> {
  const module = await componentEmbed({ dummy: true, witSource: text })
  const wat = await print(module)
  const types = new Map(
    Array.from(
      wat.matchAll(/\(type \(;(\d+);\) \(func((?: \((?:param|result)[ \w]+\))*)\)\)/g),
      ([, index, type]) => [index, type!.replaceAll(/[()]/g, '').trim()],
    ),
  )
  const imports = Array.from(
    wat.matchAll(/\(import "cm32p2\|([\w:/-]+)@[\d.]+" "([\w-]+)" \(func \(;\d+;\) \(type (\d+)\)/g),
    ([, name, func, type]) => [`${name} ${func}`, types.get(type)!] as const,
  )
  return new Map(imports)
}

/** The same by our layouts. */
function readOurs(text: string): Map<string, string> {
  const { package: name, imports } = resolveWorld(parseWit(text, 'x.wit'))
  return new Map(
    imports.flatMap((each) =>
      each.functions.map((func) => {
        const flat = func.result === undefined ? [] : toFlat(func.result)!
        // more than one value comes by memory, at an address that the guest gives
        const isByMemory = flat.length > 1
        const results = isByMemory ? [] : flat
        const parameters = [
          ...func.parameters.flatMap(({ type }) => toFlat(type)!),
          ...(isByMemory ? ['i32'] : []),
        ]
        const parts = [
          ...(parameters.length > 0 ? [`param ${parameters.join(' ')}`] : []),
          ...(results.length > 0 ? [`result ${results.join(' ')}`] : []),
        ]
        return [`${name}/${each.name} ${func.name}`, parts.join(' ')] as const
      }),
    ),
  )
}

describe('core types are those of the reference tools', () => {
  const odd = `package a:b@1.0.0;
interface i {
  enum e { a, b }
  record r { a: u8, b: u64, c: option<f32>, d: string, e: e }
  variant v { none, one(u32), two(tuple2) }
  record tuple2 { a: char, b: s8 }
  f: func(r: r, v: v, l: list<r>, o: option<s64>) -> u64;
  g: func() -> f32;
  h: func(a: f64, b: bool) -> bool;
  j: func(a: u8) -> list<u8>;
}
world w { import i; }
`

  it.for([
    ...Object.keys(TABLES).map((version) => [version, witText(version)] as const),
    ['odd', odd] as const,
  ])('of %s', async ([, text], { expect }) => {
    const ours = readOurs(text)
    expect(ours.size).toBeGreaterThan(2)
    expect(ours).toEqual(await readReference(text))
  })
})
