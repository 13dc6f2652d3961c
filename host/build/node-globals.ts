/**
 * The globals that Node.js has and Workers do not, for code that uses them: an import of the module that puts them in place.
 * A package that first looks whether there is such a global does well without; an app's own code gets it all the same.
 */
import { Visitor } from 'rolldown/utils'
import type { Edit, EditedModule } from './edit-plugin.ts'
import { toKnownName } from './import-places.ts'

const NAMES = ['Buffer', 'process'] as const
type Name = (typeof NAMES)[number]

const GLOBAL_OBJECTS: ReadonlySet<string> = new Set(['globalThis', 'global', 'self'])
const isName = (name: unknown): name is Name => NAMES.includes(name as Name)

/** What a module does with the names. */
interface Uses {
  readonly used: Set<Name>
  /** Also by code that is ready for its absence. */
  readonly asked: Set<Name>
  readonly bound: Set<string>
}

/** The edit. `isOwn`: whether a module is the app's own; `toModule`: the module that defines a global. */
export function giveNodeGlobals(
  isOwn: (id: string) => boolean,
  toModule: (name: Name, id: string) => string | undefined,
): Edit {
  return {
    worthParsing: /\b(?:Buffer|process)\b/,
    apply(module) {
      const { used, asked, bound } = findUses(module)
      for (const name of NAMES) {
        const isWanted = isOwn(module.id)
          ? used.has(name) || asked.has(name)
          : used.has(name) && !asked.has(name)
        if (!isWanted || bound.has(name)) continue
        const file = toModule(name, module.id)
        if (file === undefined) continue
        const statement = isCommon(module.program.body)
          ? `require(${JSON.stringify(file)});`
          : `import ${JSON.stringify(file)};`
        module.edited.appendLeft(module.program.body[0]?.start ?? 0, statement)
      }
    },
  }
}

function findUses({ program }: EditedModule): Uses {
  const used = new Set<Name>()
  const asked = new Set<Name>()
  const bound = new Set<string>()
  /** Identifiers that are names of members and not of variables. */
  const members = new Set<number>()
  const bind = (node: { type: string; name?: unknown } | null) => {
    if (node?.type === 'Identifier') bound.add(String(node.name))
    if (node?.type !== 'ObjectPattern') return
    const { properties } = node as unknown as { properties: { value?: { type: string } }[] }
    for (const { value } of properties) bind(value ?? null)
  }
  // parents are visited first
  new Visitor({
    MemberExpression({ computed, object, property }) {
      if (!computed) members.add(property.start)
      const isGlobal = object.type === 'Identifier' && GLOBAL_OBJECTS.has(object.name)
      const name = computed ? toKnownName(property) : property.type === 'Identifier' && property.name
      if (isGlobal && isName(name)) asked.add(name)
    },
    Property({ computed, shorthand, key }) {
      if (!computed && !shorthand) members.add(key.start)
    },
    MethodDefinition({ computed, key }) {
      if (!computed) members.add(key.start)
    },
    PropertyDefinition({ computed, key }) {
      if (!computed) members.add(key.start)
    },
    ImportSpecifier: ({ local }) => bind(local),
    ImportDefaultSpecifier: ({ local }) => bind(local),
    ImportNamespaceSpecifier: ({ local }) => bind(local),
    UnaryExpression({ operator, argument }) {
      if (operator === 'typeof' && argument.type === 'Identifier' && isName(argument.name))
        asked.add(argument.name)
    },
    Identifier({ name, start }) {
      if (isName(name) && !members.has(start)) used.add(name)
    },
  }).visit(program)
  for (const statement of program.body) {
    // a type of what is there
    if ('declare' in statement && statement.declare) continue
    if (statement.type === 'VariableDeclaration') for (const { id } of statement.declarations) bind(id)
    if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') bind(statement.id)
  }
  return { used, asked, bound }
}

/** Whether a module is CommonJS, to which an import must not be added. */
export function isCommon(body: EditedModule['program']['body']): boolean {
  return !body.some(({ type }) => type.startsWith('Import') || type.startsWith('Export'))
}
