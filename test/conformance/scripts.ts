/** A file of tests with all that it needs, as named sources that the guest evaluates one after the other. */

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What the `META` comments of a file say. */
export interface Meta {
  /** Helpers, relative to the file or from the root. */
  readonly script: readonly string[]
  readonly variant: readonly string[]
  readonly global?: string
  readonly timeout?: string
}

/** `[name, source]` */
export type Script = readonly [string, string]

export function readMeta(source: string): Meta {
  const all = [...source.matchAll(/^\/\/ META: (\w+)=(.*)$/gm)]
  const valuesOf = (key: string) => all.filter((found) => found[1] === key).map((found) => found[2]!.trim())
  const imported = [...source.matchAll(/importScripts\(["'](.+?)["']\)/g)].map((found) => found[1]!)
  const [global] = valuesOf('global')
  const [timeout] = valuesOf('timeout')
  return {
    script: [...valuesOf('script'), ...imported.filter((file) => !file.includes('testharness'))],
    variant: valuesOf('variant'),
    ...(global === undefined ? {} : { global }),
    ...(timeout === undefined ? {} : { timeout }),
  }
}

/** The helpers of the file at `path`, from the root. */
export function helpersOf(path: string, { script }: Meta): string[] {
  return script.map((file) => (file.startsWith('/') ? file : join('/', dirname(path), file)))
}

export function toFile(root: string, path: string): string {
  return join(root, path === '/resources/WebIDLParser.js' ? '/resources/webidl2/lib/webidl2.js' : path)
}

/** Templates in `.sub.` files, with one host for all of them. */
export function substitute(text: string, port: number): string {
  return text
    .replaceAll(/\{\{ports\[\w+\]\[\d\]\}\}/g, String(port))
    .replaceAll(/\{\{(?:host|domains\[[^\]]*\]|hosts\[[^\]]*\]\[[^\]]*\])\}\}/g, '127.0.0.1')
}

/**
 * Changes to the test harness: no host here is a page or a browser's worker, and one whose streams leave a rejection
 * unhandled does not lose the whole file.
 */
const PATCHES: readonly (readonly [string, string])[] = [
  ['var test_environment = create_test_environment();', 'var test_environment = new ShellTestEnvironment();'],
  ['addEventListener("error", function', 'void ("error", function'],
  ['addEventListener("unhandledrejection", function', 'void ("unhandledrejection", function'],
]

const PRELUDE = readFileSync(new URL('guest/prelude.js', import.meta.url), 'utf8')
const HOOK = readFileSync(new URL('guest/hook.js', import.meta.url), 'utf8')

/** What the guest evaluates, in order. The files of the tests are served on `port`. */
export function toScripts(
  root: string,
  test: { path: string; variant: string; meta: Meta },
  port: number,
): Script[] {
  const read = (path: string) => {
    const text = readFileSync(toFile(root, path), 'utf8')
    return path.includes('.sub.') ? substitute(text, port) : text
  }
  const href = `http://127.0.0.1:${port}/${test.path}${test.variant}`
  const isIdl = test.path.includes('idlharness')
  const helpers = helpersOf(test.path, test.meta).map((file) => read(file))
  const end = test.path.endsWith('.worker.js') ? '\n;done()' : ''
  return [
    ['settings.js', `globalThis.wptSettings = ${JSON.stringify({ href, isIdl })}`],
    ['prelude.js', PRELUDE],
    ['testharness.js', patch(read('/resources/testharness.js'))],
    ['hook.js', HOOK],
    [test.path, concatenate(helpers, read(`/${test.path}`)) + end],
  ]
}

function patch(harness: string): string {
  return PATCHES.reduce((text, [from, to]) => {
    if (!text.includes(from))
      throw new Error(`expected ${from} in testharness.js, it is not there: adapt PATCHES`)
    return text.replace(from, to)
  }, harness)
}

/**
 * One source, because what `const` and `class` declare in an eval is not seen outside of it. A test keeps its strictness
 * in a function of its own; its helpers lose theirs, or their functions would not be global.
 */
function concatenate(helpers: readonly string[], test: string): string {
  const isStrict = /^(?:\s|\/\/.*|\/\*[^]*?\*\/)*['"]use strict['"]/.test(test)
  const last = isStrict ? `(function () {'use strict'\n${test}\n}).call(globalThis)` : test
  return [...helpers, last].map((source) => `;${source}`).join('\n')
}
