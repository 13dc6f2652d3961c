/**
 * The WIT that NANO uses, as a syntax tree. By recursive descent, strict: what is not read here is refused with its
 * place, so that nothing is lowered or lifted in a way that nobody thought of.
 *
 *     document    package? (interface | world)*
 *     interface   (use | type | record | variant | enum | func)*
 *     world       (use | import | export func)*
 *     type        bool u8 .. s64 f32 f64 char string | list<type> | option<type> | name
 */
import { PRIMITIVES } from './primitives.ts'
import { readTokens, WitError, type Token } from './tokens.ts'

export type TypeExpression =
  /** One of `PRIMITIVES`. */
  | { readonly kind: 'primitive'; readonly name: string }
  | { readonly kind: 'list' | 'option'; readonly of: TypeExpression; readonly at: Token }
  | { readonly kind: 'name'; readonly name: string; readonly at: Token }

export interface Member {
  readonly name: string
  readonly type: TypeExpression
}

export interface Case {
  readonly name: string
  readonly type?: TypeExpression
}

/** A named type. `body`: where its cases stand in the text. */
export type Definition = { readonly name: string; readonly at: Token } & (
  | { readonly kind: 'alias'; readonly of: TypeExpression }
  | { readonly kind: 'record'; readonly fields: readonly Member[] }
  | { readonly kind: 'variant'; readonly cases: readonly Case[]; readonly body: readonly [number, number] }
  | { readonly kind: 'enum'; readonly cases: readonly string[] }
)

export interface Func {
  readonly name: string
  readonly at: Token
  readonly parameters: readonly Member[]
  readonly result: TypeExpression | undefined
}

/** A type of another interface, under a name of one's own. */
export interface Use {
  readonly from: string
  readonly name: string
  readonly as: string
  readonly at: Token
}

/** `start`: where its first item may stand in the text. */
export interface Interface {
  readonly name: string
  readonly start: number
  readonly uses: readonly Use[]
  readonly types: readonly Definition[]
  readonly functions: readonly Func[]
}

export interface World {
  readonly name: string
  readonly start: number
  readonly uses: readonly Use[]
  readonly imports: readonly string[]
  readonly exports: readonly Func[]
}

export interface Document {
  /** As `nano:workers`. */
  readonly package: string | undefined
  readonly version: string | undefined
  readonly interfaces: readonly Interface[]
  readonly worlds: readonly World[]
}

/** Throws `WitError`, which names file and line. */
export function parseWit(text: string, file: string): Document {
  return new Parser(text, file).document()
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(text: string, file: string) {
    this.#tokens = readTokens(text, file)
  }

  document(): Document {
    const interfaces: Interface[] = []
    const worlds: World[] = []
    const named = this.#takes('package') ? this.#package() : { package: undefined, version: undefined }
    while (this.#next.kind !== 'end') {
      if (this.#takes('interface')) interfaces.push(this.#interface())
      else if (this.#takes('world')) worlds.push(this.#world())
      else throw this.#expected('an interface or a world')
    }
    return { ...named, interfaces, worlds }
  }

  #package(): Pick<Document, 'package' | 'version'> {
    const namespace = this.#name()
    this.#expect(':')
    const name = `${namespace}:${this.#name()}`
    this.#expect('@')
    const version = this.#take('version', 'a version such as 1.0.0').text
    this.#expect(';')
    return { package: name, version }
  }

  #interface(): Interface {
    const name = this.#name()
    const start = this.#expect('{').end
    const [uses, types, functions]: [Use[], Definition[], Func[]] = [[], [], []]
    while (!this.#takes('}')) {
      if (this.#takes('use')) uses.push(...this.#uses())
      else if (this.#takes('type')) types.push(this.#alias())
      else if (this.#takes('record')) types.push(this.#record())
      else if (this.#takes('variant')) types.push(this.#variant())
      else if (this.#takes('enum')) types.push(this.#enum())
      else functions.push(this.#func())
    }
    return { name, start, uses, types, functions }
  }

  #world(): World {
    const name = this.#name()
    const start = this.#expect('{').end
    const [uses, imports, exports]: [Use[], string[], Func[]] = [[], [], []]
    while (!this.#takes('}')) {
      if (this.#takes('use')) uses.push(...this.#uses())
      else if (this.#takes('import')) imports.push(this.#ended(this.#name()))
      else if (this.#takes('export')) exports.push(this.#func())
      else throw this.#expected('use, import or export')
    }
    return { name, start, uses, imports, exports }
  }

  #uses(): Use[] {
    const from = this.#name()
    this.#expect('.')
    this.#expect('{')
    return this.#ended(
      this.#list('}', () => {
        const at = this.#next
        const name = this.#name()
        return { from, name, as: this.#takes('as') ? this.#name() : name, at }
      }),
    )
  }

  #alias(): Definition {
    const at = this.#next
    const name = this.#name()
    this.#expect('=')
    return { kind: 'alias', name, at, of: this.#ended(this.#type()) }
  }

  #record(): Definition {
    const at = this.#next
    const name = this.#name()
    this.#expect('{')
    return { kind: 'record', name, at, fields: this.#list('}', () => this.#member()) }
  }

  #variant(): Definition {
    const at = this.#next
    const name = this.#name()
    const start = this.#expect('{').end
    const cases = this.#list('}', (): Case => {
      const name = this.#name()
      if (!this.#takes('(')) return { name }
      const type = this.#type()
      this.#expect(')')
      return { name, type }
    })
    return { kind: 'variant', name, at, cases, body: [start, this.#tokens[this.#at - 1]!.start] }
  }

  #enum(): Definition {
    const at = this.#next
    const name = this.#name()
    this.#expect('{')
    return { kind: 'enum', name, at, cases: this.#list('}', () => this.#name()) }
  }

  #func(): Func {
    const at = this.#next
    const name = this.#name()
    this.#expect(':')
    this.#expect('func')
    this.#expect('(')
    const parameters = this.#list(')', () => this.#member())
    const result = this.#takes('->') ? this.#type() : undefined
    return this.#ended({ name, at, parameters, result })
  }

  #member(): Member {
    const name = this.#name()
    this.#expect(':')
    return { name, type: this.#type() }
  }

  #type(): TypeExpression {
    const at = this.#next
    const name = this.#name()
    if (name === 'list' || name === 'option') {
      this.#expect('<')
      const of = this.#type()
      this.#expect('>')
      return { kind: name, of, at }
    }
    if (this.#next.text === '<') throw this.#expected(`no type "${name}<...>", which NANO does not use`, at)
    return PRIMITIVES.has(name) ? { kind: 'primitive', name } : { kind: 'name', name, at }
  }

  /** Items between commas, with or without one at the end. */
  #list<Item>(close: string, item: () => Item): Item[] {
    const items: Item[] = []
    while (!this.#takes(close)) {
      items.push(item())
      if (this.#takes(',')) continue
      this.#expect(close)
      break
    }
    return items
  }

  #ended<Item>(item: Item): Item {
    this.#expect(';')
    return item
  }

  get #next(): Token {
    return this.#tokens[this.#at]!
  }

  #takes(text: string): boolean {
    if (this.#next.text !== text || this.#next.isEscaped) return false
    this.#at++
    return true
  }

  #expect(text: string): Token {
    const token = this.#next
    if (!this.#takes(text)) throw this.#expected(`"${text}"`)
    return token
  }

  #name(): string {
    return this.#take('name', 'a name').text
  }

  #take(kind: Token['kind'], what: string): Token {
    const token = this.#next
    if (token.kind !== kind) throw this.#expected(what)
    this.#at++
    return token
  }

  #expected(what: string, token = this.#next): WitError {
    return new WitError(
      token,
      `expected ${what}, got ${token.kind === 'end' ? 'the end' : `"${token.text}"`}`,
    )
  }
}
