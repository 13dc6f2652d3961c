/**
 * A text of SQL into its statements, as a file of migrations or a dump has them: at each semicolon that is not within a text,
 * a name, a comment, or the body of a trigger. Whether they are right is SQLite's to say.
 */

/** Texts and names in quotes, comments, words, semicolons; any other character by itself. */
export const TOKENS =
  /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]]*\]?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[A-Za-z_]\w*|;|[\s\S]/g

/** Where a statement stands: in a trigger there is one after the other, between BEGIN and END. */
type State = 'outside' | 'created' | 'trigger' | 'ended'

export function splitStatements(sql: string): string[] {
  const statements: string[] = []
  let [text, state, isEmpty] = ['', 'outside' as State, true]
  let cases = 0
  const end = (): void => {
    if (!isEmpty) statements.push(text.trim())
    ;[text, state, isEmpty, cases] = ['', 'outside', true, 0]
  }
  for (const [token] of sql.matchAll(TOKENS)) {
    text += token
    if (token === ';') {
      if (state !== 'trigger') end()
      continue
    }
    if (isSpace(token)) continue
    const word = token.toUpperCase()
    if (isEmpty) state = word === 'CREATE' ? 'created' : 'outside'
    else if (state === 'created') state = toCreated(word)
    else if (state === 'trigger') {
      if (word === 'CASE') cases++
      else if (word === 'END') {
        if (cases === 0) state = 'ended'
        else cases--
      }
    }
    isEmpty = false
  }
  end()
  return statements
}

function toCreated(word: string): State {
  if (word === 'TRIGGER') return 'trigger'
  return word === 'TEMP' || word === 'TEMPORARY' ? 'created' : 'outside'
}

/** White space and comments. */
export function isSpace(token: string): boolean {
  return token.startsWith('--') || token.startsWith('/*') || /^\s$/.test(token)
}
