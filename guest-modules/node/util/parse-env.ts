/** `util.parseEnv`: the variables of an `.env` file. */

import { requireString } from '../invalid.ts'

const EXPORT = 'export '
const QUOTES = ['"', "'", '`']

export function parseEnv(content: string): Record<string, string> {
  requireString('content', content)
  const found: Record<string, string> = {}
  let rest = content.replaceAll('\r', '')
  /** What follows the line in which this place is. */
  const skipLine = (from = 0): void => {
    const end = rest.indexOf('\n', from)
    rest = end < 0 ? '' : rest.slice(end + 1)
  }
  while ((rest = trim(rest)) !== '') {
    const at = /[=\n]/.exec(rest)
    if (rest[0] === '#' || at?.[0] !== '=') {
      skipLine()
      continue
    }
    let key = trim(rest.slice(0, at.index))
    rest = rest.slice(at.index + 1)
    // what follows a name that is missing is the next name
    if (key === '' && rest !== '' && rest[0] !== '\n') continue
    if (key.startsWith(EXPORT)) key = trim(key.slice(EXPORT.length))
    if (rest === '' || rest[0] === '\n') {
      found[key] = ''
      rest = rest.slice(1)
      continue
    }
    rest = trim(rest)
    const [quote = ''] = rest
    const close = QUOTES.includes(quote) ? rest.indexOf(quote, 1) : -1
    if (close >= 0) {
      const value = rest.slice(1, close)
      found[key] = quote === '"' ? value.replaceAll(String.raw`\n`, '\n') : value
      skipLine(close + 1)
      continue
    }
    const [line = ''] = rest.split('\n', 1)
    // a quote that is not closed is a part of the value
    found[key] = QUOTES.includes(quote) ? line : trim(line.split('#', 1)[0]!)
    skipLine()
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function trim(text: string): string {
  return text.replaceAll(/^[ \t\n]+|[ \t\n]+$/g, '')
}
