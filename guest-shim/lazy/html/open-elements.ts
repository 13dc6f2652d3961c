/**
 * The elements that are open where a page has been read to. No tree is built: an element is open until its end tag, or
 * that of one around it.
 */

import type { TagParts } from './tokens.ts'

export const HTML = 'http://www.w3.org/1999/xhtml'
const SVG = 'http://www.w3.org/2000/svg'
const MATH = 'http://www.w3.org/1998/Math/MathML'

const toNames = (text: string): ReadonlySet<string> => new Set(text.split(' '))
const VOID = toNames(
  'area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr',
)
/** Elements of HTML that end foreign content (HTML 13.2.6.5). */
const BREAKOUT = toNames(
  'b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta nobr ol ' +
    'p pre ruby s small span strong strike sub sup table tt u ul var',
)
/** Foreign elements with HTML in them. */
const INTEGRATION = toNames('foreignobject desc title mi mo mn ms mtext')

/** What an element, or the page, has in it so far. */
class Children {
  #count = 0
  #counts: Map<string, number> | undefined

  /** The place of one that comes, from 1 on. */
  add(): number {
    return ++this.#count
  }

  /** Its place among those of its name, from 1 on. */
  addOf(name: string): number {
    const counts = (this.#counts ??= new Map())
    const place = (counts.get(name) ?? 0) + 1
    counts.set(name, place)
    return place
  }
}

export class OpenElement {
  /** In small letters. */
  readonly name: string
  readonly namespace: string
  readonly parent: OpenElement | undefined
  readonly index: number
  readonly typeIndex: number
  /** Whether something can stand in it. */
  readonly canHaveContent: boolean
  /** Whether what stands in it is HTML. */
  readonly holdsHtml: boolean
  readonly children = new Children()
  readonly #tag: TagParts

  constructor(tag: TagParts, parent: OpenElement | undefined, siblings: Children) {
    const name = tag.key
    this.#tag = tag
    this.name = name
    this.parent = parent
    this.namespace = namespaceOf(name, parent)
    this.index = siblings.add()
    this.typeIndex = siblings.addOf(name)
    this.canHaveContent = this.namespace === HTML ? !VOID.has(name) : !tag.isSelfClosing
    this.holdsHtml = this.namespace === HTML || INTEGRATION.has(name) || this.#isAnnotation()
  }

  /** As it stands in the page; `name` in small letters. */
  attribute(name: string): string | undefined {
    for (const each of this.#tag.attributes) {
      if (each.name.length === name.length && each.name.toLowerCase() === name) return each.value
    }
    return undefined
  }

  #isAnnotation(): boolean {
    if (this.name !== 'annotation-xml') return false
    const encoding = this.attribute('encoding')?.toLowerCase()
    return encoding === 'text/html' || encoding === 'application/xhtml+xml'
  }
}

function namespaceOf(name: string, parent: OpenElement | undefined): string {
  if (name === 'svg') return SVG
  if (name === 'math') return MATH
  return parent === undefined || parent.holdsHtml || BREAKOUT.has(name) ? HTML : parent.namespace
}

export class OpenElements {
  readonly #stack: OpenElement[] = []
  readonly #page = new Children()
  /** How many of a name are open: an end tag of another name closes none. */
  readonly #counts = new Map<string, number>()

  get isForeign(): boolean {
    return this.#stack.at(-1)?.holdsHtml === false
  }

  open(tag: TagParts): OpenElement {
    const parent = this.#stack.at(-1)
    const element = new OpenElement(tag, parent, parent?.children ?? this.#page)
    if (element.canHaveContent) {
      this.#stack.push(element)
      this.#count(element.name, 1)
    }
    return element
  }

  /** `name`: in small letters. Those that an end tag closes, the innermost first; the last is its own. */
  close(name: string): readonly OpenElement[] {
    if ((this.#counts.get(name) ?? 0) === 0) return NONE
    const closed = []
    for (;;) {
      const element = this.#stack.pop()!
      this.#count(element.name, -1)
      closed.push(element)
      if (element.name === name) return closed
    }
  }

  #count(name: string, by: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by)
  }
}

const NONE: readonly OpenElement[] = []
