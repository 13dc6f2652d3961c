/**
 * What handlers are given. Each can be used until its handler has returned; then it is retired.
 */

import { finishInterface, toText } from '../../globals/web-idl.ts'
import { Changes, type ContentOptions, toPiece } from './content.ts'
import type * as tokens from './tokens.ts'

type Options = ContentOptions | null

export let stateOf: <State>(node: Node<State>) => State
export let retire: (node: Node<unknown>) => void

/** Something of a page, and what a handler changes about it. */
class Node<State> {
  #state: State | undefined

  static {
    stateOf = (node) => {
      const state = node.#state
      if (state !== undefined) return state
      throw new TypeError('this part of the page has gone out: it can be used until its handler has returned')
    }
    retire = (node) => void (node.#state = undefined)
  }

  constructor(state: State) {
    this.#state = state
  }
}

interface Changeable {
  readonly changes: Changes
}

class ChangeableNode<State extends Changeable> extends Node<State> {
  before(content: unknown, options?: Options): this {
    const { changes } = stateOf(this)
    changes.before.push(toPiece(content, options))
    return this
  }

  after(content: unknown, options?: Options): this {
    const { changes } = stateOf(this)
    changes.after.unshift(toPiece(content, options))
    return this
  }

  remove(): this {
    stateOf(this).changes.isRemoved = true
    return this
  }
}

export class ReplaceableNode<State extends Changeable> extends ChangeableNode<State> {
  get removed(): boolean {
    return stateOf(this).changes.isRemoved
  }

  replace(content: unknown, options?: Options): this {
    stateOf(this).changes.replace(toPiece(content, options))
    return this
  }
}

export interface TextState extends Changeable {
  readonly text: string
  readonly isLast: boolean
}

export class Text extends ReplaceableNode<TextState> {
  /** A part of a text, as it stands in the page. */
  get text(): string {
    return stateOf(this).text
  }

  /** Whether the text ends with it; it is empty then. */
  get lastInTextNode(): boolean {
    return stateOf(this).isLast
  }
}

export interface CommentState extends Changeable {
  text: string
  isChanged: boolean
}

const COMMENT_END = /^-?>|--!?>/

export class Comment extends ReplaceableNode<CommentState> {
  get text(): string {
    return stateOf(this).text
  }

  set text(value: unknown) {
    const state = stateOf(this)
    const text = toText(value)
    if (COMMENT_END.test(text)) throw new TypeError(`the text of a comment must not end it, got "${text}"`)
    state.text = text
    state.isChanged = true
  }
}

export interface EndTagState extends Changeable {
  name: string
  isRenamed: boolean
}

export class EndTag extends ChangeableNode<EndTagState> {
  get name(): string {
    return stateOf(this).name.toLowerCase()
  }

  set name(value: unknown) {
    const state = stateOf(this)
    state.name = toTagName(value)
    state.isRenamed = true
  }
}

const TAG_NAME = /^[a-z][^\t\n\f\r />]*$/i

export function toTagName(value: unknown): string {
  const name = toText(value)
  if (TAG_NAME.test(name)) return name
  throw new TypeError(`expected the name of an element, which begins with a letter, got "${name}"`)
}

const DOCTYPE =
  /^\s*doctype\s*([^\s>]+)?(?:\s+public\s*(?:"([^"]*)"|'([^']*)'))?(?:\s*(?:system)?\s*(?:"([^"]*)"|'([^']*)'))?/i

export class Doctype extends Node<tokens.Doctype> {
  get name(): string | null {
    return this.#part(1)?.toLowerCase() ?? null
  }

  get publicId(): string | null {
    return this.#part(2) ?? this.#part(3) ?? null
  }

  get systemId(): string | null {
    return this.#part(4) ?? this.#part(5) ?? null
  }

  #part(at: number): string | undefined {
    return DOCTYPE.exec(stateOf(this).text)?.[at]
  }
}

export class DocumentEnd extends Node<Changes> {
  append(content: unknown, options?: Options): this {
    stateOf(this).before.push(toPiece(content, options))
    return this
  }
}

finishInterface(Text, 'Text')
finishInterface(Comment, 'Comment')
finishInterface(EndTag, 'EndTag')
finishInterface(Doctype, 'Doctype')
finishInterface(DocumentEnd, 'DocumentEnd')
