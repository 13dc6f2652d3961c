/**
 * Things by their number, where numbers come and go with each request: a Map leaves a trail behind (chain.ts says which).
 * Open addressing with linear probing (Knuth, The Art of Computer Programming 6.4, algorithms L and R): a thing lies at the
 * place that its number hashes to, or at the first free one behind it, and whoever leaves lets those behind move up. Who may choose
 * numbers can have all of them meet, and each step then costs as many as there are: what is in has to be bounded. Pure.
 */

const LEAST_PLACES = 16
/** Places for each thing: at least so many, and so many at most when things have left. */
const SPARSEST = 8
/** 2 ** 32 over the golden ratio: numbers that follow one another lie far apart. */
const SPREAD = 0x9e3779b1

export class NumberTable<Value> {
  /** Of each place: a number, and what has it. */
  #numbers: (number | undefined)[] = []
  #values: (Value | undefined)[] = []
  #size = 0
  /** Of 32 bits of a hash all but those that name a place. */
  #shift = 0

  constructor() {
    this.#resize(LEAST_PLACES)
  }

  get size(): number {
    return this.#size
  }

  get(number: number): Value | undefined {
    return this.#values[this.#find(number)]
  }

  has(number: number): boolean {
    return this.#numbers[this.#find(number)] !== undefined
  }

  set(number: number, value: Value): void {
    const at = this.#find(number)
    if (this.#numbers[at] === undefined) this.#size++
    this.#put(at, number, value)
    if (this.#size * 2 > this.#numbers.length) this.#resize(this.#numbers.length * 2)
  }

  /** Whether it was in. */
  delete(number: number): boolean {
    const mask = this.#numbers.length - 1
    let free = this.#find(number)
    if (this.#numbers[free] === undefined) return false
    this.#size--
    for (let at = (free + 1) & mask; ; at = (at + 1) & mask) {
      const next = this.#numbers[at]
      if (next === undefined) break
      // one that lies between its own place and here stays: from there nobody looks past the free one
      if (((at - this.#toPlace(next)) & mask) < ((at - free) & mask)) continue
      this.#put(free, next, this.#values[at])
      free = at
    }
    this.#put(free, undefined, undefined)
    const places = this.#numbers.length
    if (places > LEAST_PLACES && this.#size * SPARSEST < places) this.#resize(places / 2)
    return true
  }

  clear(): void {
    if (this.#size === 0) return
    this.#size = 0
    this.#numbers = []
    this.#values = []
    this.#resize(LEAST_PLACES)
  }

  /** All numbers, ascending, as they are now. */
  numbers(): number[] {
    return this.#numbers.filter((number) => number !== undefined).toSorted((a, b) => a - b)
  }

  /** What there is, in the order of the numbers, as it is now. */
  values(): Value[] {
    return this.#size === 0 ? [] : this.numbers().map((number) => this.get(number)!)
  }

  /** Whether this is so for one of them. */
  some(isSo: (value: Value) => boolean): boolean {
    return this.#size > 0 && this.#values.some((value) => value !== undefined && isSo(value))
  }

  /** Where the number lies, or would. */
  #find(number: number): number {
    const mask = this.#numbers.length - 1
    let at = this.#toPlace(number)
    for (let found = this.#numbers[at]; found !== undefined && found !== number; found = this.#numbers[at]) {
      at = (at + 1) & mask
    }
    return at
  }

  #toPlace(number: number): number {
    return Math.imul(number, SPREAD) >>> this.#shift
  }

  #put(at: number, number: number | undefined, value: Value | undefined): void {
    this.#numbers[at] = number
    this.#values[at] = value
  }

  /** The same in so many places, which must be enough. */
  #resize(places: number): void {
    const [numbers, values] = [this.#numbers, this.#values]
    this.#numbers = Array.from({ length: places }, () => undefined)
    this.#values = Array.from({ length: places }, () => undefined)
    this.#shift = Math.clz32(places - 1)
    for (const [at, number] of numbers.entries()) {
      if (number !== undefined) this.#put(this.#find(number), number, values[at])
    }
  }
}
