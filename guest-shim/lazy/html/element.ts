/** An element as its handlers have it: its tags, and what stands in it. */

import { finishInterface, toText } from '../../globals/web-idl.ts'
import { Changes, type ContentOptions, toPiece } from './content.ts'
import { type EndTag, stateOf, toTagName, ReplaceableNode } from './nodes.ts'
import type { OpenElement } from './open-elements.ts'
import type { Attribute, TagParts } from './tokens.ts'

type Options = ContentOptions | null
type EndHandler = (tag: EndTag) => unknown

const ATTRIBUTE_NAME = /^[^\t\n\f\r />=]+$/

/** What a handler has changed about an element. */
export class ElementState {
  readonly element: OpenElement
  /** Of the start tag. */
  readonly changes = new Changes()
  /** Of the end tag. */
  readonly endChanges = new Changes()
  isContentRemoved = false
  onEndTag: EndHandler | undefined
  name: string | undefined
  #attributes: readonly Attribute[] | undefined
  readonly #tag: TagParts

  constructor(tag: TagParts, element: OpenElement) {
    this.#tag = tag
    this.element = element
  }

  get attributes(): readonly Attribute[] {
    return this.#attributes ?? this.#tag.attributes
  }

  set attributes(attributes: readonly Attribute[]) {
    this.#attributes = attributes
  }

  removeContent(): void {
    this.changes.after.length = 0
    this.endChanges.before.length = 0
    this.isContentRemoved = true
  }

  /** `source`: the start tag as it stands in the page. */
  toTag(source: string): string {
    if (this.name === undefined && this.#attributes === undefined) return source
    const { isSelfClosing, name } = this.#tag
    if (this.#attributes === undefined) return `<${this.name}${source.slice(name.length + 1)}`
    const attributes = this.#attributes.map((each) => ` ${each.source}`).join('')
    return `<${this.name ?? name}${attributes}${isSelfClosing ? ' /' : ''}>`
  }
}

export class Element extends ReplaceableNode<ElementState> {
  get tagName(): string {
    const { element, name } = stateOf(this)
    return name?.toLowerCase() ?? element.name
  }

  set tagName(value: unknown) {
    stateOf(this).name = toTagName(value)
  }

  get namespaceURI(): string {
    return stateOf(this).element.namespace
  }

  /** Pairs of name and value, as they stand in the page. */
  get attributes(): IterableIterator<[name: string, value: string]> {
    return iterate(stateOf(this))
  }

  getAttribute(name: unknown): string | null {
    return this.#find(name)?.value ?? null
  }

  hasAttribute(name: unknown): boolean {
    return this.#find(name) !== undefined
  }

  setAttribute(name: unknown, value: unknown): this {
    const state = stateOf(this)
    const text = toText(name)
    if (!ATTRIBUTE_NAME.test(text)) throw new TypeError(`expected the name of an attribute, got "${text}"`)
    const key = text.toLowerCase()
    const quoted = toText(value).replaceAll('"', '&quot;')
    const at = state.attributes.findIndex((each) => each.name.toLowerCase() === key)
    const shown = at < 0 ? key : state.attributes[at]!.name
    const attribute = { name: shown, value: quoted, source: `${shown}="${quoted}"` }
    state.attributes = at < 0 ? [...state.attributes, attribute] : state.attributes.with(at, attribute)
    return this
  }

  removeAttribute(name: unknown): this {
    const state = stateOf(this)
    const key = toText(name).toLowerCase()
    if (this.#find(key) === undefined) return this
    state.attributes = state.attributes.filter((each) => each.name.toLowerCase() !== key)
    return this
  }

  override after(content: unknown, options?: Options): this {
    const { changes, element, endChanges } = stateOf(this)
    const piece = toPiece(content, options)
    ;(element.canHaveContent ? endChanges : changes).after.unshift(piece)
    return this
  }

  prepend(content: unknown, options?: Options): this {
    const { changes, element } = stateOf(this)
    const piece = toPiece(content, options)
    if (element.canHaveContent) changes.after.unshift(piece)
    return this
  }

  append(content: unknown, options?: Options): this {
    const { element, endChanges } = stateOf(this)
    const piece = toPiece(content, options)
    if (element.canHaveContent) endChanges.before.push(piece)
    return this
  }

  setInnerContent(content: unknown, options?: Options): this {
    const state = stateOf(this)
    const piece = toPiece(content, options)
    if (!state.element.canHaveContent) return this
    state.removeContent()
    state.changes.after.unshift(piece)
    return this
  }

  override replace(content: unknown, options?: Options): this {
    const state = stateOf(this)
    const piece = toPiece(content, options)
    this.remove()
    state.changes.replace(piece)
    return this
  }

  override remove(): this {
    const state = stateOf(this)
    this.removeAndKeepContent()
    if (state.element.canHaveContent) state.removeContent()
    return this
  }

  removeAndKeepContent(): this {
    const { changes, endChanges } = stateOf(this)
    changes.isRemoved = true
    endChanges.isRemoved = true
    return this
  }

  /** The last handler that is given here is called when the end tag comes. */
  onEndTag(handler: unknown): void {
    const state = stateOf(this)
    if (typeof handler !== 'function')
      throw new TypeError(`onEndTag: expected a function, got ${typeof handler}`)
    if (!state.element.canHaveContent) throw new TypeError(`<${this.tagName}> has no end tag`)
    state.onEndTag = handler as EndHandler
  }

  #find(name: unknown): Attribute | undefined {
    const key = toText(name).toLowerCase()
    return stateOf(this).attributes.find((each) => each.name.toLowerCase() === key)
  }
}

finishInterface(Element, 'Element')

function* iterate(state: ElementState): IterableIterator<[name: string, value: string]> {
  const { attributes } = state
  for (const { name, value } of attributes) {
    if (state.attributes !== attributes) {
      throw new Error('the attributes have changed while they were gone through: begin once more')
    }
    yield [name.toLowerCase(), value]
  }
}
