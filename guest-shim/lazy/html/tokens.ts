/**
 * The tokens of a page that comes in chunks (HTML 13.2.5), each with where it begins and ends. Character references stay as
 * they stand. Characters are looked for and not gone through one by one, for which an interpreter takes twice as long.
 */

/** Positions are those of the page as a whole, in characters. */
interface Span {
  readonly start: number
  readonly end: number
}

export interface Attribute {
  readonly name: string
  readonly value: string
  /** As it stands in the page, or is to stand there. */
  readonly source: string
}

export interface StartTag extends Span {
  readonly type: 'start'
  readonly parts: TagParts
}

export interface EndTag extends Span {
  readonly type: 'end'
  /** As it stands in the page. */
  readonly name: string
  /** In small letters. */
  readonly key: string
}

export interface Text extends Span {
  readonly type: 'text'
}

export interface Comment extends Span {
  readonly type: 'comment'
  readonly text: string
}

export interface Doctype extends Span {
  readonly type: 'doctype'
  /** What stands between `<!` and `>`. */
  readonly text: string
}

export type Token = StartTag | EndTag | Text | Comment | Doctype

/** What the reader of tokens knows of where it is. */
export interface Context {
  /** Whether the innermost element is one of SVG or MathML, with no HTML in it. */
  readonly isForeign: boolean
}

const LETTER = /[a-z]/i
const TAG_NAME = /[^\t\n\f\r />]*/y
const QUOTE = /["']/
const BETWEEN = /[\t\n\f\r /]*/y
const ATTRIBUTE =
  /([^\t\n\f\r />][^\t\n\f\r />=]*)(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:"([^"]*)"|'([^']*)'|(?!["'])([^\t\n\f\r >]*)))?/y
/** The beginning of a value whose end has not come yet. */
const OPEN_VALUE = /[^\t\n\f\r />][^\t\n\f\r />=]*[\t\n\f\r ]*=[\t\n\f\r ]*(?:"[^"]*|'[^']*|)$/y
const DOCTYPE = /^doctype/i
/** Elements with nothing but text in them. */
const RAW = new Map(
  ['iframe', 'noembed', 'noframes', 'script', 'style', 'textarea', 'title', 'xmp'].map((name) => [
    name,
    new RegExp(`</${name}(?=[\\t\\n\\f\\r />])`, 'gi'),
  ]),
)
const PLAINTEXT = 'plaintext'
const CDATA = '[CDATA['
const CDATA_END = ']]>'
/** An end tag in an element of text, not yet to be told from text. */
const LONGEST_RAW_END = '</noframes>'.length

/** How many different tags of a page are known at a time. */
const MOST_KNOWN = 500

/** What comes next. `more`: it cannot be said before more has come. */
type Next = Token | 'more'

export class Tokens {
  readonly #visit: (token: Token) => void
  readonly #context: Context
  /** What is kept of the page, and where that begins. */
  #source = ''
  #base = 0
  /** Where the next token begins, in what is kept. */
  #at = 0
  #isOver = false
  /** The element of nothing but text that the page is in. */
  #raw: string | undefined
  /** Tags that were there, without `<`, `</` and `>`. */
  readonly #known = new Map<string, TagParts>()

  constructor(visit: (token: Token) => void, context: Context) {
    this.#visit = visit
    this.#context = context
  }

  /** Visits what is complete with it. */
  write(chunk: string): void {
    this.#source += chunk
    // whatever is not complete but text ends with it
    if (this.#source[this.#at] !== '<' || this.#raw !== undefined || chunk.includes('>')) this.#readAll()
  }

  /** Visits what the end of the page makes complete. A tag that has no end is none. */
  end(): void {
    this.#isOver = true
    this.#readAll()
  }

  /** Of what is kept. */
  slice(start: number, end?: number): string {
    return this.#source.slice(start - this.#base, end === undefined ? undefined : end - this.#base)
  }

  /** What comes before is not needed any more. */
  forgetUntil(position: number): void {
    this.#source = this.slice(position)
    this.#at -= position - this.#base
    this.#base = position
  }

  #readAll(): void {
    while (this.#at < this.#source.length) {
      const next = this.#raw === undefined ? this.#next() : this.#nextRaw(this.#raw)
      if (next === 'more') return
      this.#at = next.end - this.#base
      this.#visit(next)
    }
  }

  #next(): Next {
    const source = this.#source
    const at = this.#at
    if (source.charCodeAt(at) !== LESS) {
      const end = source.indexOf('<', at)
      return this.#text(end < 0 ? source.length : end)
    }
    const next = source[at + 1]
    if (next === undefined) return this.#isOver ? this.#text(at + 1) : 'more'
    if (LETTER.test(next)) return this.#startTag()
    if (next === '!') return this.#declaration()
    if (next === '?') return this.#comment(at + 1, '>')
    if (next !== '/') return this.#text(at + 1)
    const name = source[at + 2]
    if (name === undefined) return this.#isOver ? this.#text(at + 2) : 'more'
    if (LETTER.test(name)) return this.#endTag()
    return this.#comment(at + 2, '>')
  }

  #startTag(): Next {
    const start = this.#at
    const end = this.#tagEnd(start + 1)
    if (end === undefined) return 'more'
    const parts = this.#parse(this.#source.slice(start + 1, end - 1))
    if (!this.#context.isForeign && (RAW.has(parts.key) || parts.key === PLAINTEXT)) this.#raw = parts.key
    return { type: 'start', start: this.#base + start, end: this.#base + end, parts }
  }

  #endTag(): Next {
    const start = this.#at
    const end = this.#tagEnd(start + 2)
    if (end === undefined) return 'more'
    const { name, key } = this.#parse(this.#source.slice(start + 2, end - 1))
    return { type: 'end', start: this.#base + start, end: this.#base + end, name, key }
  }

  /** Pages have the same tags again and again. */
  #parse(text: string): TagParts {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    if (this.#known.size >= MOST_KNOWN) this.#known.clear()
    const parts = new TagParts(text)
    this.#known.set(text, parts)
    return parts
  }

  /** Where a tag ends whose name begins at `from`. */
  #tagEnd(from: number): number | undefined {
    const source = this.#source
    const first = source.indexOf('>', from)
    if (first < 0) return undefined
    // without a quote it ends there, and so does one that is known
    const text = source.slice(from, first)
    if (this.#known.has(text) || !QUOTE.test(text)) return first + 1
    for (let at = this.#matchEnd(TAG_NAME, from); ;) {
      at = this.#matchEnd(BETWEEN, at)
      if (at >= source.length) return undefined
      if (source.charCodeAt(at) === GREATER) return at + 1
      OPEN_VALUE.lastIndex = at
      if (OPEN_VALUE.test(source)) return undefined
      at = this.#matchEnd(ATTRIBUTE, at)
    }
  }

  #declaration(): Next {
    const source = this.#source
    const from = this.#at + 2
    const begins = (text: string) => source.startsWith(text, from)
    if (begins('--')) return this.#markedComment(from + 2)
    const head = source.slice(from, from + CDATA.length)
    if (!this.#isOver && head.length < CDATA.length && !head.includes('>')) return 'more'
    if (this.#context.isForeign && head === CDATA) return this.#cdata(from + CDATA.length)
    if (!DOCTYPE.test(head)) return this.#comment(from, '>')
    const end = source.indexOf('>', from)
    if (end < 0 && !this.#isOver) return 'more'
    return {
      type: 'doctype',
      start: this.#base + this.#at,
      end: this.#base + (end < 0 ? source.length : end + 1),
      text: source.slice(from, end < 0 ? undefined : end),
    }
  }

  /** `from`: behind `<!--`. */
  #markedComment(from: number): Next {
    const source = this.#source
    if (source.startsWith('>', from)) return this.#comment(from, '>')
    if (source.startsWith('->', from)) return this.#comment(from, '->')
    const [plain, loud] = [source.indexOf('-->', from), source.indexOf('--!>', from)]
    return this.#comment(from, loud >= 0 && (plain < 0 || loud < plain) ? '--!>' : '-->')
  }

  /** A comment that ends with `mark`, or with the page. */
  #comment(from: number, mark: string): Next {
    const end = this.#source.indexOf(mark, from)
    if (end < 0 && !this.#isOver) return 'more'
    return {
      type: 'comment',
      start: this.#base + this.#at,
      end: this.#base + (end < 0 ? this.#source.length : end + mark.length),
      text: this.#source.slice(from, end < 0 ? undefined : end),
    }
  }

  /** `from`: behind `<![CDATA[`. Its text has the marks around it, which are no tokens. */
  #cdata(from: number): Next {
    const end = this.#source.indexOf(CDATA_END, from)
    if (end < 0 && !this.#isOver) return 'more'
    const text: Text = {
      type: 'text',
      start: this.#base + from,
      end: this.#base + (end < 0 ? this.#source.length : end),
    }
    this.#at = end < 0 ? this.#source.length : end + CDATA_END.length
    if (text.end > text.start) this.#visit(text)
    return this.#at < this.#source.length ? this.#next() : 'more'
  }

  #nextRaw(name: string): Next {
    const source = this.#source
    if (name === PLAINTEXT) return this.#text(source.length)
    const pattern = RAW.get(name)!
    pattern.lastIndex = this.#at
    const found = pattern.exec(source)
    if (found?.index === this.#at) {
      this.#raw = undefined
      return this.#endTag()
    }
    const end = found?.index ?? this.#rawEnd()
    return end > this.#at ? this.#text(end) : 'more'
  }

  /** Where an end tag may begin that has not come as a whole. */
  #rawEnd(): number {
    const { length } = this.#source
    const open = this.#isOver ? -1 : this.#source.lastIndexOf('<')
    return open >= this.#at && length - open < LONGEST_RAW_END ? open : length
  }

  #text(end: number): Text {
    return { type: 'text', start: this.#base + this.#at, end: this.#base + end }
  }

  #matchEnd(pattern: RegExp, at: number): number {
    pattern.lastIndex = at
    pattern.test(this.#source)
    return Math.max(at, pattern.lastIndex)
  }
}

const LESS = 0x3c
const GREATER = 0x3e
const SLASH = 0x2f

/** What is in a tag. Most are asked for nothing but their name. */
export class TagParts {
  /** As it stands in the page. */
  readonly name: string
  /** In small letters. */
  readonly key: string
  /** What stands behind the name. */
  readonly #behind: string
  #attributes: readonly Attribute[] | undefined
  /** Where the last attribute ends. */
  #attributesEnd = 0

  constructor(text: string) {
    TAG_NAME.lastIndex = 0
    TAG_NAME.test(text)
    this.name = text.slice(0, TAG_NAME.lastIndex)
    this.key = this.name.toLowerCase()
    this.#behind = text.slice(TAG_NAME.lastIndex)
  }

  get attributes(): readonly Attribute[] {
    return (this.#attributes ??= this.#readAttributes())
  }

  /** Whether it ends with a slash that is no part of a value. */
  get isSelfClosing(): boolean {
    const { length } = this.#behind
    return (
      this.#behind.charCodeAt(length - 1) === SLASH &&
      this.attributes !== undefined &&
      this.#attributesEnd < length
    )
  }

  #readAttributes(): Attribute[] {
    const source = this.#behind
    const found: Attribute[] = []
    for (;;) {
      BETWEEN.lastIndex = this.#attributesEnd
      BETWEEN.test(source)
      ATTRIBUTE.lastIndex = BETWEEN.lastIndex
      const parts = ATTRIBUTE.exec(source)
      if (parts === null) return found
      const [all, name, double, single, bare] = parts
      found.push({ name: name!, value: double ?? single ?? bare ?? '', source: all })
      this.#attributesEnd = ATTRIBUTE.lastIndex
    }
  }
}
