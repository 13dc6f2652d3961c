/**
 * What an expression with the flag `v` is with `u`, if its classes compute nothing: most are of that kind. Within a class
 * `v` knows more escapes, which become numbers, and classes in a class, which are joined when nothing is taken from them.
 */

/** What has to be told apart: escapes, brackets, and what is for `v` alone. */
const TOKEN = /\\[pPq]\{[^}]*\}|\\[^]|\[\^?|\]|([&!#$%*+,.:;<=>?@^`~-])\1|[(){}/|]/g
/** Punctuation that only `v` lets be escaped in a class. */
const RESERVED = /^\\([&!#%,:;<=>@`~])$/
/** Properties of several characters. */
const OF_STRINGS = /^\\p\{(?:Basic_Emoji|Emoji_Keycap_Sequence|RGI_)/

export interface Plain {
  readonly source: string
  /** Whether it means with `u` what it means with `v`. */
  readonly isPlain: boolean
}

/** The source with `v`'s own escapes made numbers, and joined classes if it is plain then. */
export function toPlain(source: string, isCaseless: boolean): Plain {
  let isPlain = true
  /** The source, and the same with joined classes. */
  let escaped = ''
  let joined = ''
  let depth = 0
  let from = 0
  const add = (token: string, joinedToken = token) => {
    escaped += token
    joined += joinedToken
  }
  for (const { 0: token, index } of source.matchAll(TOKEN)) {
    add(source.slice(from, index))
    from = index + token.length
    // with `i` the two take what is not in a set differently
    if (OF_STRINGS.test(token) || (isCaseless && token.startsWith('\\P'))) isPlain = false
    const [, punctuation] = (depth > 0 && RESERVED.exec(token)) || []
    if (punctuation !== undefined) add(`\\x${punctuation.charCodeAt(0).toString(16)}`)
    else if (token.startsWith('[')) {
      add(token, depth > 0 ? '' : token)
      if (depth > 0 && token === '[^') isPlain = false
      depth++
    } else if (token === ']' && depth > 0) {
      depth--
      add(token, depth > 0 ? '' : token)
    } else {
      // a set operation, strings, or what is no class for `v`
      if (depth > 0 && (!token.startsWith('\\') || token.startsWith('\\q'))) isPlain = false
      add(token)
    }
  }
  add(source.slice(from))
  return { source: isPlain ? joined : escaped, isPlain }
}
