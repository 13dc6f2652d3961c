/**
 * The world out of the files of `wit/`: who adds an interface adds a file and touches no other.
 *
 *     world.wit    the package line and the world's exports      imports: every interface that has functions
 *     events.wit   `variant event`: what the world itself tells  cases: those of every interface's own `variant event`
 *
 * All else is taken over as it stands. The order is that of the files' names, so the same files give the same text.
 */
import { parseWit, type Definition, type Document, type Interface, type TypeExpression } from './parse.ts'
import { findOrigin } from './resolve.ts'
import { WitError } from './tokens.ts'

/** Where events come together. */
const EVENTS = 'events'
const EVENT = 'event'
const PACKAGE_LINE = /^package [^;]+;\n/m

type Variant = Extract<Definition, { kind: 'variant' }>

/** A file of `wit/`. */
export interface WitFile {
  /** For messages. */
  readonly name: string
  readonly text: string
}

interface Parsed extends WitFile {
  readonly document: Document
}

/** Throws `WitError`. */
export function composeWorld(files: readonly WitFile[]): string {
  const parsed = files
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((file): Parsed => ({ ...file, document: parseWit(file.text, file.name) }))
  const heads = parsed.flatMap(({ text, document }) => (document.package ? PACKAGE_LINE.exec(text)! : []))
  if (heads.length !== 1) throw new Error(`expected one file with a package line, got ${heads.length}`)
  const interfaces = parsed.flatMap(({ document }) => document.interfaces)
  return (
    heads[0]! + parsed.map((file) => withParts(file, parsed, interfaces).replace(PACKAGE_LINE, '')).join('')
  )
}

/** A file's text with what others add to it. */
function withParts(
  { text, document }: Parsed,
  all: readonly Parsed[],
  interfaces: readonly Interface[],
): string {
  const insertions: [at: number, text: string][] = []
  const events = document.interfaces.find(({ name }) => name === EVENTS)
  const event = events && findEvent(events)
  if (events !== undefined && event !== undefined) {
    const others = all.flatMap((file) =>
      file.document.interfaces.flatMap((each) => {
        const own = each === events ? undefined : findEvent(each)
        return own === undefined ? [] : [{ owner: each, own, text: file.text.slice(...own.body).trim() }]
      }),
    )
    insertions.push([events.start, toUses(events, others, interfaces)])
    const cases = others.map(({ text }) => `  ${text.endsWith(',') ? text : `${text},`}\n  `)
    insertions.push([event.body[1], cases.join('')])
  }
  for (const world of document.worlds) {
    const imported = interfaces.filter(({ functions }) => functions.length > 0)
    insertions.push([world.start, imported.map(({ name }) => `\n  import ${name};`).join('')])
  }
  return insertions
    .sort(([a], [b]) => b - a)
    .reduce((edited, [at, part]) => edited.slice(0, at) + part + edited.slice(at), text)
}

/** The `use` lines for the types of other interfaces' events, each from where it is defined. */
function toUses(
  events: Interface,
  others: readonly { readonly owner: Interface; readonly own: Variant }[],
  interfaces: readonly Interface[],
): string {
  const scopes = new Map(interfaces.map((each) => [each.name, each]))
  const taken = new Map([
    ...events.uses.map((use) => [use.as, use.from] as const),
    ...events.types.map(({ name }) => [name, EVENTS] as const),
  ])
  const uses = new Map<string, string[]>()
  for (const { owner, own } of others) {
    for (const type of own.cases.flatMap(({ type }) => toNames(type))) {
      const { scope, definition } = findOrigin(scopes, type.name, type.at, owner)
      const from = taken.get(type.name)
      if (from === scope.name) continue
      if (from !== undefined || definition.name !== type.name) {
        throw new WitError(
          type.at,
          `expected a type name that no other event uses otherwise, got "${type.name}"`,
        )
      }
      taken.set(type.name, scope.name)
      uses.set(scope.name, [...(uses.get(scope.name) ?? []), type.name])
    }
  }
  return Array.from(uses, ([from, names]) => `\n  use ${from}.{${names.join(', ')}};`).join('')
}

function findEvent({ types }: Interface): Variant | undefined {
  return types.find((type): type is Variant => type.kind === 'variant' && type.name === EVENT)
}

function toNames(type: TypeExpression | undefined): Extract<TypeExpression, { kind: 'name' }>[] {
  if (type === undefined || type.kind === 'primitive') return []
  return type.kind === 'name' ? [type] : toNames(type.of)
}

/** The interface that each event comes from, the world's own aside. */
export function findEventOwners(document: Document): ReadonlyMap<string, string> {
  const owned = document.interfaces.filter(({ name }) => name !== EVENTS)
  return new Map(owned.flatMap((each) => (findEvent(each)?.cases ?? []).map(({ name }) => [name, each.name])))
}
