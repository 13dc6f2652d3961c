/**
 * `Intl.Collator` and `localeCompare`. Sorting compares often, and a question to the host takes longer than to compare two
 * short texts: what is ASCII, in a locale that has no order of its own for it, is compared here, as CLDR's root does.
 */

import { indexOf, test } from '../../globals/primordials.ts'
import { toText } from '../../globals/web-idl.ts'
import { readOptions, text, toLocaleList, toTable, truth } from './locales.ts'
import { bindOnce, type Expert, findExpert, makeService } from './service.ts'

const OPTIONS = [
  ...toTable(text, 'usage', 'localeMatcher', 'collation'),
  ...toTable(truth, 'numeric'),
  ...toTable(text, 'caseFirst', 'sensitivity'),
  ...toTable(truth, 'ignorePunctuation'),
]

const { constructor: Collator, expertOf } = makeService(
  { kind: 'Collator', options: OPTIONS, isLax: true },
  () => ({
    get compare() {
      return boundCompare(this)
    },
  }),
)
export { Collator }

const boundCompare = bindOnce((object) => {
  const expert = expertOf(object)
  return (a: unknown, b: unknown) => compare(expert, toText(a), toText(b))
})

export function localeCompare(a: string, b: string, locales: unknown, options: unknown): number {
  return compare(findExpert('Collator', toLocaleList(locales), readOptions(options, OPTIONS, false)), a, b)
}

const PLAIN = /^[ -~]*$/
/** Languages in which ASCII stands in the order of the root. */
const ROOT_LOCALES = /^(?:de|en|es|fr|id|it|nl|pt)(?:-[A-Z]{2})?$/
/** ASCII that can be seen, in the order of the root; letters by their small ones. */
const ORDER = '_-,;:!?.\'"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz'

let weights: Uint8Array | undefined

function compare(expert: Expert, a: string, b: string): number {
  if (a === b) return 0
  if (!hasRootOrder(expert) || !test(PLAIN, a) || !test(PLAIN, b))
    return expert.ask('compare', a, b) as number
  weights ??= makeWeights()
  const length = Math.min(a.length, b.length)
  let byCase = 0
  for (let i = 0; i < length; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (left === right) continue
    const [before, after] = [weights[left] as number, weights[right] as number]
    if (before !== after) return before < after ? -1 : 1
    // small letters first, wherever they differ first
    if (byCase === 0) byCase = left > right ? -1 : 1
  }
  if (a.length !== b.length) return a.length < b.length ? -1 : 1
  return byCase
}

/** Whether nothing in locale and options changes the order of the root. */
function hasRootOrder({ resolved }: Expert): boolean {
  return (
    resolved['sensitivity'] === 'variant' &&
    resolved['caseFirst'] === 'false' &&
    resolved['numeric'] === false &&
    resolved['ignorePunctuation'] === false &&
    resolved['usage'] === 'sort' &&
    resolved['collation'] === 'default' &&
    test(ROOT_LOCALES, resolved['locale'] as string)
  )
}

/** By the code of a character. A space comes first. */
function makeWeights(): Uint8Array {
  const made = new Uint8Array(128)
  for (let code = 33; code < 127; code++) {
    made[code] = 1 + indexOf(ORDER, String.fromCharCode(code).toLowerCase())
  }
  return made
}
