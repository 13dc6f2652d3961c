/**
 * The guest of the micro-benchmarks: each path does one kind of work, some tens of milliseconds of it, and answers with
 * what came out, so that nothing can be left out as unused.
 */

const WORDS = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta', 'iota', 'kappa']

function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2)
}

/** The same numbers in every run. */
function* randomNumbers(count: number): Generator<number> {
  let state = 1
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    yield state
  }
}

function toRecords(count: number): object[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    name: `${WORDS[id % 10]} ${WORDS[id % 7]}`,
    price: id / 4,
    tags: [WORDS[id % 3], WORDS[id % 5]],
    nested: { isOpen: id % 2 === 0, note: null },
  }))
}

class Shape {
  readonly #side: number

  constructor(side: number) {
    this.#side = side
  }

  get area(): number {
    return this.#side ** 2
  }
}

class Cube extends Shape {
  override get area(): number {
    return super.area * 6
  }
}

const WORK: Readonly<Record<string, () => unknown>> = {
  '/hello': () => 'hello',
  '/recursion': () => fib(24),
  '/sort': () => [...randomNumbers(15_000)].sort((a, b) => a - b)[100],
  '/regexp': () => {
    const text = WORDS.join(', 12.50 EUR; ').repeat(400)
    const found = text.match(/(\w+), (\d+)\.(\d\d) ([A-Z]{3})/g)
    return found!.length + text.replace(/[aeiou]/g, (vowel) => vowel.toUpperCase()).length
  },
  '/json': () => {
    const text = JSON.stringify(toRecords(3000))
    return JSON.stringify(JSON.parse(text)).length
  },
  '/strings': () => {
    let page = '<ul>'
    for (let i = 0; i < 12_000; i++) page += `<li class="${WORDS[i % 10]}">${i}: ${WORDS[i % 7]}</li>`
    return page
      .split('<li')
      .map((part) => part.trim().slice(1, 9))
      .join('').length
  },
  '/typed-arrays': () => {
    const numbers = new Float64Array(50_000)
    for (let i = 0; i < numbers.length; i++) numbers[i] = i * 0.5
    let sum = 0
    for (let i = 0; i < numbers.length; i++) sum += numbers[i]! * numbers[numbers.length - 1 - i]!
    return sum
  },
  '/maps': () => {
    const counts = new Map<string, number>()
    const seen = new Set<number>()
    for (const number of randomNumbers(12_000)) {
      const key = `key ${number % 700}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
      seen.add(number % 1000)
    }
    return counts.size + seen.size
  },
  '/objects': () => {
    const shapes = Array.from({ length: 9000 }, (_, i) => (i % 2 === 0 ? new Shape(i) : new Cube(i)))
    return shapes.filter(({ area }) => area > 100).reduce((sum, { area }) => sum + area, 0)
  },
  '/hash': () => {
    let hash = 0x811c_9dc5
    for (let i = 0; i < 150_000; i++) hash = Math.imul(hash ^ (i & 0xff), 0x0100_0193) >>> 0
    return hash
  },
  '/promises': async () => {
    let sum = 0
    for (let i = 0; i < 25_000; i++) sum += await Promise.resolve(i)
    return sum
  },
  '/bytes': () => {
    const bytes = new TextEncoder().encode(WORDS.join(' ').repeat(60_000))
    return new TextDecoder().decode(bytes.toReversed()).indexOf('ahpla')
  },
}

export default {
  async fetch(request: Request): Promise<Response> {
    return new Response(String(await WORK[new URL(request.url).pathname]!()))
  },
}
