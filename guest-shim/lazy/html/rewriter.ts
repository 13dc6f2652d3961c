/**
 * Rewrites a page as it comes. What no handler changes goes out as it stands.
 *
 * A chunk is taken in two steps. Reading it is done at once: tokens, open elements, and which handlers are for which of
 * them. Then handlers are called, one after the other and waited for, and the page goes out up to where it has been read.
 */

import { isObject } from '../../globals/web-idl.ts'
import { Changes, type Piece } from './content.ts'
import { Element, ElementState } from './element.ts'
import { Comment, Doctype, DocumentEnd, EndTag, retire, Text } from './nodes.ts'
import { type OpenElement, OpenElements } from './open-elements.ts'
import type { Match } from './selector.ts'
import { type Token, Tokens } from './tokens.ts'
import type * as tokens from './tokens.ts'

export type Handler<T> = (node: T) => unknown

export interface ContentHandlers {
  readonly comments?: Handler<Comment> | undefined
  readonly text?: Handler<Text> | undefined
}

export interface ElementHandlers extends ContentHandlers {
  readonly match: Match
  readonly element?: Handler<Element> | undefined
}

export interface DocumentHandlers extends ContentHandlers {
  readonly doctype?: Handler<Doctype> | undefined
  readonly end?: Handler<DocumentEnd> | undefined
}

type ContentHandler<Kind extends 'text' | 'comments'> = NonNullable<ContentHandlers[Kind]>

/** Whom texts or comments are for. */
interface Content<Kind extends 'text' | 'comments'> {
  readonly elements: readonly ElementHandlers[]
  readonly documents: readonly ContentHandler<Kind>[]
}

/** An element that selectors matched, and whose those are. */
interface Matched {
  readonly state: ElementState
  readonly handlers: readonly ElementHandlers[]
}

/** `isOwn`: whether it is its own end tag that closes it. */
interface Closed {
  readonly state: ElementState
  readonly isOwn: boolean
}

type Step = () => Promise<void> | void

export class Rewriter {
  readonly #elements: readonly ElementHandlers[]
  readonly #documents: readonly DocumentHandlers[]
  readonly #content: { readonly [Kind in 'text' | 'comments']: Content<Kind> }
  readonly #open = new OpenElements()
  readonly #tokens = new Tokens((token) => this.#read(token), this.#open)
  /** Open elements that a selector matched. */
  readonly #matched = new Map<OpenElement, Matched>()
  /** The selectors that matched an open element, and in how many of them the page is. */
  readonly #within = new Map<ElementHandlers, number>()
  #isInText = false
  /** Where the last token ended. */
  #readTo = 0
  #steps: Step[] = []

  #pieces: Piece[] = []
  /** What comes before has gone out, or was left out. */
  #writtenTo = 0
  /** The outermost element whose content is left out. */
  #left: OpenElement | undefined

  constructor(elements: readonly ElementHandlers[], documents: readonly DocumentHandlers[]) {
    const toContent = <Kind extends 'text' | 'comments'>(kind: Kind): Content<Kind> => ({
      elements: elements.filter((each) => each[kind] !== undefined),
      documents: documents.map((each) => each[kind]).filter((each) => each !== undefined),
    })
    this.#elements = elements
    this.#documents = documents
    this.#content = { text: toContent('text'), comments: toContent('comments') }
  }

  /** What goes out when this much has come. */
  async write(chunk: string): Promise<readonly Piece[]> {
    this.#tokens.write(chunk)
    await this.#run()
    this.#copyTo(this.#readTo)
    this.#tokens.forgetUntil(this.#readTo)
    return this.#take()
  }

  /** What goes out at the end. */
  async end(): Promise<readonly Piece[]> {
    this.#tokens.end()
    this.#endText()
    await this.#run()
    if (this.#left === undefined) this.#pieces.push(this.#tokens.slice(this.#writtenTo))
    const changes = new Changes()
    await call(
      this.#documents.map(({ end }) => end),
      () => new DocumentEnd(changes),
    )
    this.#pieces.push(...changes.before)
    return this.#take()
  }

  #take(): readonly Piece[] {
    const pieces = this.#pieces
    this.#pieces = []
    return pieces
  }

  async #run(): Promise<void> {
    const steps = this.#steps
    this.#steps = []
    for (const step of steps) {
      const done = step()
      // oxlint-disable-next-line no-await-in-loop -- handlers are called in the page's order
      if (done !== undefined) await done
    }
  }

  #read(token: Token): void {
    if (token.type !== 'text') this.#endText()
    this.#readTo = token.end
    switch (token.type) {
      case 'start':
        return this.#readStart(token)
      case 'end':
        return this.#readEnd(token)
      case 'text':
        this.#isInText = true
        return this.#readText(token, false)
      case 'comment':
        return this.#readComment(token)
      case 'doctype':
        return this.#readDoctype(token)
    }
  }

  #readStart(tag: tokens.StartTag): void {
    const element = this.#open.open(tag.parts)
    const handlers = this.#match(element)
    if (handlers === undefined) return
    const state = new ElementState(tag.parts, element)
    if (element.canHaveContent) {
      this.#matched.set(element, { state, handlers })
      this.#countWithin(handlers, 1)
    }
    const calls = handlers.map((each) => each.element).filter((each) => each !== undefined)
    if (calls.length > 0) this.#steps.push(() => this.#writeStart(tag, state, calls))
  }

  #match(element: OpenElement): readonly ElementHandlers[] | undefined {
    let found: ElementHandlers[] | undefined
    for (const each of this.#elements) if (each.match(element)) (found ??= []).push(each)
    return found
  }

  #countWithin(handlers: readonly ElementHandlers[], by: number): void {
    for (const each of handlers) this.#within.set(each, (this.#within.get(each) ?? 0) + by)
  }

  async #writeStart(
    tag: tokens.StartTag,
    state: ElementState,
    handlers: readonly Handler<Element>[],
  ): Promise<void> {
    await call(handlers, () => new Element(state))
    this.#write(tag, state.changes, (source) => state.toTag(source))
    if (state.isContentRemoved) this.#left ??= state.element
  }

  #readEnd(tag: tokens.EndTag): void {
    const all = this.#open.close(tag.key)
    if (this.#matched.size === 0) return
    const closed: Closed[] = []
    for (const element of all) {
      const matched = this.#matched.get(element)
      if (matched === undefined) continue
      this.#matched.delete(element)
      this.#countWithin(matched.handlers, -1)
      closed.push({ state: matched.state, isOwn: element === all.at(-1) })
    }
    if (closed.length > 0) this.#steps.push(() => this.#writeEnd(tag, closed))
  }

  /** An element that is closed with one around it has no end tag: what would stand around that comes before the other's. */
  async #writeEnd(tag: tokens.EndTag, closed: readonly Closed[]): Promise<void> {
    this.#copyTo(tag.start)
    for (const { isOwn, state } of closed) {
      const { element, endChanges: changes, name, onEndTag } = state
      const end = {
        changes,
        name: isOwn ? (name ?? tag.name) : tag.name,
        isRenamed: isOwn && name !== undefined,
      }
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await call([onEndTag], () => new EndTag(end))
      if (this.#left === element) this.#left = undefined
      if (isOwn) this.#write(tag, changes, (source) => (end.isRenamed ? `</${end.name}>` : source))
      else if (this.#left === undefined) this.#pieces.push(...changes.before, ...changes.after)
    }
  }

  /** A text ends with an empty part: that it is the last is known when something else comes. */
  #endText(): void {
    if (!this.#isInText) return
    this.#isInText = false
    this.#readText({ type: 'text', start: this.#readTo, end: this.#readTo }, true)
  }

  #readText(token: tokens.Text, isLast: boolean): void {
    const handlers = this.#contentHandlers('text')
    if (handlers.length === 0) return
    const text = this.#tokens.slice(token.start, token.end)
    this.#steps.push(async () => {
      const changes = new Changes()
      await call(handlers, () => new Text({ changes, text, isLast }))
      this.#write(token, changes, (source) => source)
    })
  }

  #readComment(token: tokens.Comment): void {
    const handlers = this.#contentHandlers('comments')
    if (handlers.length === 0) return
    this.#steps.push(async () => {
      const state = { changes: new Changes(), text: token.text, isChanged: false }
      await call(handlers, () => new Comment(state))
      this.#write(token, state.changes, (source) => (state.isChanged ? `<!--${state.text}-->` : source))
    })
  }

  #readDoctype(token: tokens.Doctype): void {
    const handlers = this.#documents.map(({ doctype }) => doctype)
    this.#steps.push(() => call(handlers, () => new Doctype(token)))
  }

  /** Of the elements that the page is in, then of the page. */
  #contentHandlers<Kind extends 'text' | 'comments'>(kind: Kind): readonly ContentHandler<Kind>[] {
    const { elements, documents } = this.#content[kind]
    if (elements.length === 0) return documents
    const within = elements.filter((each) => (this.#within.get(each) ?? 0) > 0)
    return [...within.map((each) => each[kind] as ContentHandler<Kind>), ...documents]
  }

  #copyTo(position: number): void {
    if (this.#left === undefined && position > this.#writtenTo) {
      this.#pieces.push(this.#tokens.slice(this.#writtenTo, position))
    }
    this.#writtenTo = position
  }

  /** A token, and what is around it. */
  #write({ end, start }: Token, changes: Changes, toSource: (source: string) => string): void {
    this.#copyTo(start)
    if (this.#left === undefined) changes.addTo(this.#pieces, toSource(this.#tokens.slice(start, end)))
    this.#writtenTo = end
  }
}

/** Each handler has a node of its own, until it is done. */
async function call<T extends Parameters<typeof retire>[0]>(
  handlers: readonly (Handler<T> | undefined)[],
  toNode: () => T,
): Promise<void> {
  for (const handler of handlers) {
    if (handler === undefined) continue
    const node = toNode()
    try {
      const result = handler(node)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      if (isObject(result)) await (result as Promise<unknown>)
    } finally {
      retire(node)
    }
  }
}
