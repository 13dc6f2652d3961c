/** The words and signs of a WIT text, without comments, each with its place. */

export interface Token {
  readonly kind: 'name' | 'sign' | 'version' | 'end'
  readonly text: string
  /** Written as `%name`: a name even if the word is one of the language. */
  readonly isEscaped: boolean
  readonly start: number
  readonly end: number
  readonly file: string
  readonly line: number
}

/** What is wrong with a WIT text, and where. */
export class WitError extends Error {
  constructor({ file, line }: Pick<Token, 'file' | 'line'>, text: string) {
    super(`${file}:${line}: ${text}`)
  }
}

const SPACE = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*/y
const NAME = /%?[a-zA-Z][a-zA-Z0-9]*(?:-[a-zA-Z0-9]+)*/y
const VERSION = /\d+\.\d+\.\d+[-+.\w]*/y
const SIGN = /->|[{}()<>:;,=.@/*]/y

/** All of them; the last one is the end. */
export function readTokens(text: string, file: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let line = 1
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  const skip = (word: string): void => {
    at += word.length
    line += word.split('\n').length - 1
  }
  for (;;) {
    skip(match(SPACE) ?? '')
    const place = { start: at, file, line }
    if (at === text.length) {
      tokens.push({ kind: 'end', text: '', isEscaped: false, ...place, end: at })
      return tokens
    }
    const found =
      toToken('name', match(NAME)) ?? toToken('version', match(VERSION)) ?? toToken('sign', match(SIGN))
    if (found === undefined) throw new WitError(place, `expected a word or a sign, got "${text[at]!}"`)
    skip(found.word)
    const isEscaped = found.word.startsWith('%')
    tokens.push({ kind: found.kind, text: found.word.slice(isEscaped ? 1 : 0), isEscaped, ...place, end: at })
  }
}

function toToken(kind: Token['kind'], word: string | undefined) {
  return word === undefined ? undefined : { kind, word }
}
