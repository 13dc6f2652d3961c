/** A parsed world with every name followed to what it stands for. */
import type { Definition, Document, Func, Interface, TypeExpression, Use } from './parse.ts'
import { WitError, type Token } from './tokens.ts'

export type Type =
  | { readonly kind: 'primitive'; readonly name: string }
  /** `bound`: the name that a list has, by which a host bounds how much of it is copied. */
  | { readonly kind: 'list'; readonly of: Type; readonly bound?: string }
  | { readonly kind: 'option'; readonly of: Type }
  | Named

/** `name`: of the interface and of the type, so that it is one of its own in a world. */
export type Named = { readonly name: string } & (
  | { readonly kind: 'record'; readonly fields: readonly Field[] }
  | { readonly kind: 'variant'; readonly cases: readonly { readonly name: string; readonly type?: Type }[] }
  | { readonly kind: 'enum'; readonly cases: readonly string[] }
)

export interface Field {
  readonly name: string
  readonly type: Type
}

export interface ResolvedFunc {
  readonly name: string
  readonly at: Token
  readonly parameters: readonly Field[]
  readonly result: Type | undefined
}

export interface ResolvedInterface {
  readonly name: string
  readonly functions: readonly ResolvedFunc[]
}

export interface ResolvedWorld {
  /** As `nano:workers`. */
  readonly package: string
  readonly version: string
  readonly imports: readonly ResolvedInterface[]
  readonly exports: readonly ResolvedFunc[]
}

/** Where a name was looked up. */
type Scope = Pick<Interface, 'name' | 'uses'> & { readonly types: readonly Definition[] }

/** Throws `WitError`. */
export function resolveWorld(document: Document): ResolvedWorld {
  const [world] = document.worlds
  const { package: name, version, interfaces, worlds } = document
  if (world === undefined || worlds.length > 1 || name === undefined || version === undefined) {
    throw new Error(`expected one package and one world, got package ${name} and ${worlds.length} worlds`)
  }
  const scopes = new Map<string, Interface>(interfaces.map((each) => [each.name, each]))
  const types = new Types(scopes)
  const scope: Scope = { ...world, types: [] }
  return {
    package: name,
    version,
    imports: world.imports.map((of) => {
      const found = scopes.get(of)
      if (found === undefined) throw new Error(`world ${world.name} imports ${of}, which is no interface`)
      return { name: of, functions: found.functions.map((func) => types.func(func, found)) }
    }),
    exports: world.exports.map((func) => types.func(func, scope)),
  }
}

/** The interface and the type that a name of an interface stands for, through all `use`. Throws `WitError`. */
export function findOrigin(
  scopes: ReadonlyMap<string, Interface>,
  name: string,
  at: Token,
  scope: Scope,
): { readonly scope: Scope; readonly definition: Definition } {
  const definition = scope.types.find((each) => each.name === name)
  if (definition !== undefined) return { scope, definition }
  const use: Use | undefined = scope.uses.find((each) => each.as === name)
  const from = use && scopes.get(use.from)
  if (use === undefined) throw new WitError(at, `there is no type "${name}" in ${scope.name}`)
  if (from === undefined) throw new WitError(use.at, `there is no interface "${use.from}"`)
  return findOrigin(scopes, use.name, use.at, from)
}

class Types {
  readonly #scopes: ReadonlyMap<string, Interface>

  constructor(scopes: ReadonlyMap<string, Interface>) {
    this.#scopes = scopes
  }

  func({ name, at, parameters, result }: Func, scope: Scope): ResolvedFunc {
    return {
      name,
      at,
      parameters: parameters.map((each) => ({ name: each.name, type: this.type(each.type, scope) })),
      result: result && this.type(result, scope),
    }
  }

  type(type: TypeExpression, scope: Scope): Type {
    if (type.kind === 'primitive') return type
    if (type.kind !== 'name') {
      const of = this.type(type.of, scope)
      if (type.kind === 'option' && of.kind === 'option') {
        throw new WitError(
          type.at,
          'expected something other than an option in an option: both would be undefined',
        )
      }
      return { kind: type.kind, of }
    }
    const { definition, scope: origin } = findOrigin(this.#scopes, type.name, type.at, scope)
    return this.#definition(definition, origin)
  }

  #definition(definition: Definition, scope: Scope): Type {
    const name = `${scope.name}-${definition.name}`
    switch (definition.kind) {
      case 'alias': {
        const type = this.type(definition.of, scope)
        return type.kind === 'list' ? { ...type, bound: definition.name } : type
      }
      case 'enum':
        return { kind: 'enum', name, cases: definition.cases }
      case 'record':
        return {
          kind: 'record',
          name,
          fields: definition.fields.map((each) => ({ name: each.name, type: this.type(each.type, scope) })),
        }
      default:
        return {
          kind: 'variant',
          name,
          cases: definition.cases.map(({ name, type }) =>
            type === undefined ? { name } : { name, type: this.type(type, scope) },
          ),
        }
    }
  }
}

/** The world with names for lists that have none, by the parameters that they are passed as. */
export function boundLists(world: ResolvedWorld, bounds: Readonly<Record<string, string>>): ResolvedWorld {
  const withBound = ({ name, type }: Field): Field => {
    const bound = bounds[name]
    return bound !== undefined && type.kind === 'list' ? { name, type: { bound, ...type } } : { name, type }
  }
  const imports = world.imports.map(({ name, functions }) => ({
    name,
    functions: functions.map((each) => ({ ...each, parameters: each.parameters.map(withBound) })),
  }))
  return { ...world, imports }
}
