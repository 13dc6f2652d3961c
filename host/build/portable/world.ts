/**
 * The world of a portable build, as text: what wasi:http/proxy has, and the environment. The interfaces of WASI come from jco,
 * under the version that the engine itself imports: one that is older than a host's is found there all the same.
 */
import { readFileSync } from 'node:fs'

const PACKAGES = ['io', 'clocks', 'filesystem', 'sockets', 'random', 'cli', 'http'] as const
/** Whose files jco has. */
const SHIPPED = '0.2.12'
export const VERSION = '0.2.10'

export const PORTABLE_WORLD = 'portable'

const IMPORTS = [
  'wasi:io/poll',
  'wasi:io/streams',
  'wasi:clocks/monotonic-clock',
  'wasi:cli/environment',
  'wasi:cli/stdout',
  'wasi:cli/stderr',
  'wasi:http/types',
  'wasi:http/outgoing-handler',
]
const EXPORTS = ['wasi:http/incoming-handler']

/** A module of WASI as the engine gives it. */
export const withWasiVersion = (specifier: string): string => `${specifier}@${VERSION}`

export const portableWit = (): string => toWorld(PORTABLE_WORLD, IMPORTS, EXPORTS)

/** A world of interfaces of WASI, as one document. */
export function toWorld(name: string, imports: readonly string[], exports: readonly string[]): string {
  const home = new URL(`../lib/wit/builtin/${SHIPPED}/`, import.meta.resolve('@bytecodealliance/jco'))
  const packages = PACKAGES.map((part) => {
    const text = readFileSync(new URL(`wasi-${part}/package.wit`, home), 'utf8').replaceAll(SHIPPED, VERSION)
    return `${text.replace(/^package ([^;]+);/m, 'package $1 {')}\n}\n`
  })
  const lines = [
    ...imports.map((each) => `  import ${withWasiVersion(each)};\n`),
    ...exports.map((each) => `  export ${withWasiVersion(each)};\n`),
  ]
  return `package nano:portable;\nworld ${name} {\n${lines.join('')}}\n${packages.join('')}`
}
