/**
 * `Intl.Segmenter`. Long texts are segmented piece by piece, as they are read: the end of a piece is looked at again with what
 * follows it.
 */

import { slice } from '../../globals/primordials.ts'
import { toText } from '../../globals/web-idl.ts'
import { text, toTable } from './locales.ts'
import { copyMembers, type Expert, makeService } from './service.ts'

/** Characters of a piece; the host takes no more at once. */
const PIECE = 16 * 1024

export const { constructor: Segmenter } = makeService(
  { kind: 'Segmenter', options: toTable(text, 'localeMatcher', 'granularity'), isLax: false },
  (expertOf) => ({
    segment(input: unknown): object {
      return makeSegments(new Boundaries(expertOf(this), toText(input)))
    },
  }),
)

interface Segment {
  readonly segment: string
  readonly index: number
  readonly input: string
  readonly isWordLike?: boolean
}

type Found = readonly [index: number, isWordLike?: boolean | null | undefined]

/** Where segments of a text begin, found as far as somebody has asked. */
class Boundaries {
  readonly #expert: Expert
  readonly #text: string
  readonly #found: Found[] = []
  /** From here on nothing is known. */
  #known = 0

  constructor(expert: Expert, of: string) {
    this.#expert = expert
    this.#text = of
  }

  /** The segment with this number, if there are so many. */
  at(number: number): Segment | undefined {
    // where it ends is where the next one begins
    while (this.#found.length <= number + 1 && this.#known < this.#text.length) this.#findMore()
    const found = this.#found[number]
    if (found === undefined) return undefined
    const [index, isWordLike] = found
    const end = this.#found[number + 1]?.[0] ?? this.#text.length
    const segment = { segment: slice(this.#text, index, end), index, input: this.#text }
    return this.#isOfWords ? { ...segment, isWordLike: Boolean(isWordLike) } : segment
  }

  /** The segment that the character at `index` is in. */
  around(index: number): Segment | undefined {
    if (index < 0 || index >= this.#text.length) return undefined
    while (this.#known < this.#text.length && this.#known <= index) this.#findMore()
    let [low, high] = [0, this.#found.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#found[middle] as Found)[0] <= index) low = middle
      else high = middle - 1
    }
    return this.at(low)
  }

  get #isOfWords(): boolean {
    return this.#expert.resolved['granularity'] === 'word'
  }

  #findMore(): void {
    const start = this.#known
    const end = Math.min(start + PIECE, this.#text.length)
    const found = this.#expert.ask('segment', slice(this.#text, start, end)) as Found[]
    // the last one may go on in the next piece
    const isLast = end === this.#text.length || found.length === 1
    const count = isLast ? found.length : found.length - 1
    for (let i = 0; i < count; i++) {
      const [index, isWordLike] = found[i] as Found
      this.#found[this.#found.length] = [start + index, isWordLike]
    }
    this.#known = isLast ? end : start + (found[count] as Found)[0]
  }
}

function makeSegments(boundaries: Boundaries): object {
  const segments = {}
  copyMembers(
    {
      containing(index: unknown): Segment | undefined {
        // oxlint-disable-next-line no-implicit-coercion, typescript/no-unnecessary-type-conversion -- a BigInt or a symbol must throw
        return boundaries.around(Math.trunc(+(index as number)) || 0)
      },
      *[Symbol.iterator]() {
        for (let number = 0; ; number++) {
          const segment = boundaries.at(number)
          if (segment === undefined) return
          yield segment
        }
      },
    },
    segments,
  )
  return segments
}
