/** A frame as `Error.prepareStackTrace` gets it: V8's, with what can be known here. */

import type { Frame } from './frames.ts'

export class CallSite {
  readonly #frame: Frame

  constructor(frame: Frame) {
    this.#frame = frame
  }

  getFileName(): string | undefined {
    return this.#frame.file
  }

  getLineNumber(): number {
    return this.#frame.line
  }

  getColumnNumber(): number {
    return this.#frame.column
  }

  getFunctionName(): string | null {
    return this.#frame.name === '' ? null : this.#frame.name
  }

  getScriptNameOrSourceURL(): string | undefined {
    return this.#frame.file
  }

  getEvalOrigin(): string | undefined {
    return this.#frame.origin
  }

  getEnclosingLineNumber(): number {
    return this.#frame.line
  }

  getEnclosingColumnNumber(): number {
    return this.#frame.column
  }

  getPosition(): number {
    return 0
  }

  getScriptHash(): string {
    return ''
  }

  getThis(): undefined {
    return undefined
  }

  getFunction(): undefined {
    return undefined
  }

  getTypeName(): null {
    return null
  }

  getMethodName(): null {
    return null
  }

  getPromiseIndex(): null {
    return null
  }

  isToplevel(): boolean {
    return true
  }

  isEval(): boolean {
    return this.#frame.origin !== undefined
  }

  isAsync(): boolean {
    return this.#frame.isAsync
  }

  isNative(): boolean {
    return false
  }

  isConstructor(): boolean {
    return false
  }

  isPromiseAll(): boolean {
    return false
  }

  toString(): string {
    const { name, isAsync, file, origin, line, column } = this.#frame
    const place = `${file ?? `${origin}, <anonymous>`}:${line}:${column}`
    const prefix = isAsync ? 'async ' : ''
    return name === '' ? `${prefix}${place}` : `${prefix}${name} (${place})`
  }
}
