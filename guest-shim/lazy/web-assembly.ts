/**
 * `WebAssembly` for an app that can make no code of it, as in Workers: what is given as bytes is refused, with their errors. An
 * app is an instance itself, so that there is nothing to import either, and no memory or table to share with one.
 */

import { NativeError, NativePromise, NativeTypeError } from '../globals/primordials.ts'
import { finishInterface } from '../globals/web-idl.ts'

const MISSING = 'Wasm code generation disallowed by embedder'

class CompileError extends NativeError {}
class LinkError extends NativeError {}
class RuntimeError extends NativeError {}
for (const [name, of] of Object.entries({ CompileError, LinkError, RuntimeError })) {
  Object.defineProperty(of, 'name', { value: name, configurable: true })
  Object.defineProperty(of.prototype, 'name', { value: name, writable: true, configurable: true })
}

const refused = (what: string) => new CompileError(`WebAssembly.${what}(): ${MISSING}`)

/** A class of which there is no object. */
function toAbsent(name: string, toError: () => Error): new () => object {
  // oxlint-disable-next-line typescript/no-extraneous-class -- what is looked for is a class
  class Absent {
    constructor() {
      throw toError()
    }
  }
  finishInterface(Absent, `WebAssembly.${name}`)
  Object.defineProperty(Absent, 'name', { value: name, configurable: true })
  return Absent
}

const absent = (name: string): [string, unknown] => [
  name,
  toAbsent(name, () => new NativeTypeError(`WebAssembly.${name} is not there in NANO`)),
]

const MEMBERS: Readonly<Record<string, unknown>> = {
  CompileError,
  LinkError,
  RuntimeError,
  Module: toAbsent('Module', () => refused('Module')),
  ...Object.fromEntries(['Instance', 'Memory', 'Table', 'Global', 'Tag', 'Exception'].map(absent)),
  validate: () => false,
  compile: () => NativePromise.reject(refused('compile')),
  instantiate: () => NativePromise.reject(refused('instantiate')),
}

const WebAssembly: object = {}
for (const [name, value] of Object.entries(MEMBERS)) {
  Object.defineProperty(WebAssembly, name, { value, writable: true, enumerable: false, configurable: true })
}
Object.defineProperty(WebAssembly, Symbol.toStringTag, { value: 'WebAssembly', configurable: true })

export { WebAssembly }
