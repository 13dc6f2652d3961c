/** The files that are written from a world: its table, and the lists of who takes part in the present one. */
import { createHash } from 'node:crypto'
import { emitLifting } from './emit-lift.ts'
import { emitLowering } from './emit-lower.ts'
import { emitTypes } from './emit-types.ts'
import type { ResolvedFunc, ResolvedWorld } from './resolve.ts'

const NOTE = 'Written by wit/generate.ts; to change it, change what it is written from.'

/** What lowers and lifts for one version of the world. */
export function emitTable(world: ResolvedWorld): string {
  const { version } = world
  return [
    `/** ${world.package}@${version}: from wit/worlds/${version}.wit. ${NOTE} */`,
    `import type { GuestReader } from '../../host/engine/guest-reader.ts'`,
    `import type { GuestWriter } from '../../host/engine/guest-writer.ts'\n`,
    `export const version = '${version}'`,
    `/** Changes with whatever lies otherwise in memory or has another name. */`,
    `export const structure = '${toStructure(world)}'\n`,
    emitTypes(world),
    emitLowering(world),
    emitLifting(world).trimEnd(),
    '',
  ].join('\n')
}

/** All tables. `versions`: the last one is the present. */
export function emitTables(versions: readonly string[]): string {
  const present = versions.at(-1)!
  const imports = versions.map(
    (version) => `import * as ${toVariable(version)} from './worlds/${version}.ts'`,
  )
  const tables = versions.map((version) => `  '${version}': ${toVariable(version)},`)
  return [
    `/** The worlds that can be served. ${NOTE} */`,
    ...imports,
    '',
    '/** What lowers and lifts, by version. */',
    `export const TABLES = {\n${tables.join('\n')}\n} as const`,
    '',
    '/** The world that apps are built for. */',
    `export const PRESENT = '${present}'`,
    '',
    `export type { Imports, EventsEvent as Event, EventsMember as Member } from './worlds/${present}.ts'`,
    '',
  ].join('\n')
}

/** The host's halves of all interfaces. `owners`: the interface that each event comes from. */
export function emitHostRegistry(
  { imports, package: name }: ResolvedWorld,
  owners: ReadonlyMap<string, string>,
): string {
  const interfaces = imports.map((each) => each.name)
  return [
    `/** The host's half of every interface. ${NOTE} */`,
    ...interfaces.map((name) => `import { bind as ${toVariable(name)} } from './${name}.ts'`),
    `import type { Imports } from '../../wit/worlds.ts'`,
    `import type { BindingContext } from './binding.ts'`,
    '',
    '/** For one instance, by interface. */',
    'export function bindAll(context: BindingContext) {',
    '  return {',
    ...interfaces.map((name) => `    '${name}': ${toVariable(name)}(context),`),
    '  }',
    '}',
    '',
    '/** As the world names them. */',
    'export function toImports(all: ReturnType<typeof bindAll>): Imports {',
    '  return {',
    ...interfaces.map((each) => `    '${name}/${each}': all['${each}'].imports,`),
    '  }',
    '}',
    '',
    '/** The interface that each event comes from. */',
    'export const EVENT_OWNERS: { readonly [event: string]: keyof ReturnType<typeof bindAll> } = {',
    ...Array.from(owners, ([event, name]) => `  '${event}': '${name}',`),
    '}',
    '',
  ].join('\n')
}

/** The guest's halves of all interfaces. */
export function emitGuestRegistry({ imports }: ResolvedWorld): string {
  const interfaces = imports.map((each) => each.name)
  const all = interfaces.map(toVariable)
  return [
    `/** The guest's half of every interface. ${NOTE} */`,
    ...interfaces.map((name) => `import { binding as ${toVariable(name)} } from './${name}.ts'`),
    '',
    '/** Who takes an event. */',
    'export const handlers = {',
    ...all.map((name) => `  ...${name}.events,`),
    '}',
    '',
    '/** Everyone who may have something for `env`. */',
    `export const bindings = [${all.join(', ')}]`,
    '',
  ].join('\n')
}

/** A hash of names and types: not of words for people, nor of the host's bounds, nor of the order of interfaces. */
function toStructure({ imports, exports }: ResolvedWorld): string {
  const withoutPlaces = ({ name, parameters, result }: ResolvedFunc) => ({ name, parameters, result })
  const parts = {
    imports: imports.map(({ name, functions }) => ({ name, functions: functions.map(withoutPlaces) })),
    exports: exports.map(withoutPlaces),
  }
  const text = JSON.stringify(parts, (key, value: unknown) => (key === 'bound' ? undefined : value))
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** `0.1.0` to `v010`, `request-body` to `requestBodyBinding`. */
function toVariable(name: string): string {
  if (/^\d/.test(name)) return `v${name.replaceAll(/\W/g, '_')}`
  return `${name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}Binding`
}
