/**
 * `MIMEType` and `MIMEParams`, by the WHATWG's standard for MIME types, as Node.js has them:
 *
 *     type "/" subtype *( OWS ";" OWS name "=" ( token / quoted-string ) )
 */

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
const NO_TOKEN = /[^\w!#$%&'*+.^`|~-]/
const NO_VALUE = /[^\t\u0020-\u007E\u0080-\u00FF]/
const isToken = (text: string) => TOKEN.test(text)
const trim = (text: string) => text.replaceAll(/^[\t\n\r ]+|[\t\n\r ]+$/g, '')
const trimEnd = (text: string) => text.replace(/[\t\n\r ]+$/, '')

/** `at`: where the first character stands that may not be there. */
function invalid(what: string, text: string, at = -1): TypeError {
  const place = at < 0 ? '' : ` at ${at}`
  const message = `The MIME syntax for a ${what} in ${JSON.stringify(text)} is invalid${place}`
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_MIME_SYNTAX' })
}

function toToken(what: string, text: string, whole = text): string {
  if (isToken(text)) return text.toLowerCase()
  throw invalid(what, whole, text.search(NO_TOKEN))
}

export class MIMEParams {
  readonly #map = new Map<string, string>()

  delete(name: unknown): void {
    this.#map.delete(String(name).toLowerCase())
  }

  get(name: unknown): string | null {
    return this.#map.get(String(name).toLowerCase()) ?? null
  }

  has(name: unknown): boolean {
    return this.#map.has(String(name).toLowerCase())
  }

  set(name: unknown, value: unknown): void {
    const text = String(value)
    const key = toToken('parameter name', String(name).toLowerCase())
    const at = text.search(NO_VALUE)
    if (at >= 0) throw invalid('parameter value', text, at)
    this.#map.set(key, text)
  }

  *entries(): IterableIterator<[string, string]> {
    yield* this.#map
  }

  *keys(): IterableIterator<string> {
    yield* this.#map.keys()
  }

  *values(): IterableIterator<string> {
    yield* this.#map.values()
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }

  toString(): string {
    const texts = Array.from(this.#map, ([name, value]) => `${name}=${isToken(value) ? value : quote(value)}`)
    return texts.join(';')
  }

  toJSON(): string {
    return this.toString()
  }

  /** What stands behind a type. What is no parameter is passed over, and so is one that was there before. */
  static read(params: MIMEParams, text: string): void {
    let at = 0
    while (at < text.length) {
      const [all, name = ''] = /^[\t\n\r ]*([^;=]*)/.exec(text.slice(at))!
      at += all.length
      if (text[at] !== '=') {
        at++
        continue
      }
      at++
      const quoted = /^"((?:[^"\\]|\\[^])*)(?:(\\)$|"|$)[^;]*/.exec(text.slice(at))
      const plain = /^[^;]*/.exec(text.slice(at))![0]
      at += (quoted?.[0] ?? plain).length + 1
      const value =
        quoted === null ? trimEnd(plain) : quoted[1]!.replaceAll(/\\([^])/g, '$1') + (quoted[2] ?? '')
      const key = name.toLowerCase()
      const isGiven = quoted !== null || value !== ''
      if (isToken(key) && isGiven && !NO_VALUE.test(value) && !params.#map.has(key))
        params.#map.set(key, value)
    }
  }
}

const quote = (value: string) => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`

export class MIMEType {
  #type: string
  #subtype: string
  readonly #params = new MIMEParams()

  constructor(input: unknown) {
    const text = trim(String(input))
    const slash = text.indexOf('/')
    const type = slash < 0 ? text : text.slice(0, slash)
    if (slash <= 0) throw invalid('type', text, type.search(NO_TOKEN))
    this.#type = toToken('type', type, text)
    const rest = text.slice(slash + 1)
    const semicolon = rest.indexOf(';')
    const subtype = trimEnd(semicolon < 0 ? rest : rest.slice(0, semicolon))
    this.#subtype = toToken('subtype', subtype, text)
    if (semicolon >= 0) MIMEParams.read(this.#params, rest.slice(semicolon + 1))
  }

  get type(): string {
    return this.#type
  }

  set type(given: unknown) {
    this.#type = toToken('type', String(given))
  }

  get subtype(): string {
    return this.#subtype
  }

  set subtype(given: unknown) {
    this.#subtype = toToken('subtype', String(given))
  }

  get essence(): string {
    return `${this.#type}/${this.#subtype}`
  }

  get params(): MIMEParams {
    return this.#params
  }

  toString(): string {
    const params = this.#params.toString()
    return params === '' ? this.essence : `${this.essence};${params}`
  }

  toJSON(): string {
    return this.toString()
  }
}
