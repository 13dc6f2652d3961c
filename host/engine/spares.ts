/**
 * An engine's instances and memories on one thread, between the guests that have them. To make one takes milliseconds, most
 * of them for the pages of a memory that nobody has touched yet; so some lie ready, with what most images share in their
 * memory (image/resident.ts), and what a guest leaves is used again when nothing of the guest is in it any more.
 *
 *     made  >  ready  --take, order-->  a guest's  --giveBack-->  used  --restored in pieces, or by `take`-->  ready
 *                                                  --dropped, too many, too large-->  gone
 *
 * Whoever can wait orders one: it is made in pieces beside what the thread serves (limits/side-work.ts), one order after the
 * other. What nobody waits for is done when there are no orders.
 *
 * Held: nobody gets one but with his image and zeros in its memory, to the last byte, and the engine's state as it was at
 * first. Whoever took one gives it back or drops it, once, and does not touch it any more.
 */
import { fill, layOver, map, restore, toFilling, toOwnPages, touch, type Filling } from '../image/resident.ts'
import type { Image } from '../image/image.ts'
import { SideWork } from '../limits/side-work.ts'
import { WASM_PAGE } from '../wasm/memory.ts'
import type { Blank, MakeBlank } from './guest.ts'
import { makeMemory, tellCollector } from './memories.ts'
import { Order } from './order.ts'

/**
 * So many are made before they are asked for, once one was, and so many are kept at the most, ready or not. One whose memory is
 * mapped is little more than its instance.
 */
export const SPARES = { copied: { ready: 2, most: 4 }, mapped: { ready: 4, most: 16 } }
/**
 * More than its image begins with a memory may have: it does not shrink, and its next guest cannot use what is more. The
 * engine asks for ten megabytes at once.
 */
const SLACK_BYTES = 16 * 1024 * 1024
/** Of a first turn: who takes longer keeps nobody else from coming up. */
const MOST_CHARGED_MS = 2
/** How long after a guest came or went what nobody waits for begins. */
const DELAY_MS = 5

/** What a guest needs. */
export interface Wanted {
  readonly image: Image
  /** The most pages of WebAssembly memory. */
  readonly maximum: number
  /** The words of wasm/epoch.ts of the shard. */
  readonly epoch: WebAssembly.Memory
}

interface Kind {
  readonly maximum: number
  readonly epoch: WebAssembly.Memory
}

/** One of them. */
export interface Spare extends Kind {
  readonly blank: Blank
  /** What lies in its memory when it is ready. */
  filling: Filling | undefined
  /** A memory that is larger when its guest is gone is not kept. */
  mostBytes: number
}

/** What the next one is likely to be for. */
interface Model extends Kind {
  readonly pages: number
  readonly filling: Filling
  /** Those that it is going to write to. */
  readonly own: Uint32Array
}

export class Spares {
  readonly #makeBlank: MakeBlank
  readonly #ready: Spare[] = []
  /** The first of them is being restored. */
  readonly #used: Spare[] = []
  #model: Model | undefined
  /** The pages that the last guest had of its own. */
  #own: Uint32Array | undefined
  /** What is being done to the first used one, which `take` may begin anew, and to one that is made. */
  #restoring: Iterator<void> | undefined
  #preparing: Iterator<void> | undefined
  /** The first of them is being made. */
  readonly #orders: Order[] = []
  #making: Iterator<void, Spare> | undefined
  readonly #orderWork = new SideWork(() => this.#fillOrder())
  readonly #idleWork = new SideWork(
    () => this.#orders.length === 0 && (this.#restoreUsed() || this.#prepareNext()),
  )

  constructor(makeBlank: MakeBlank) {
    this.#makeBlank = makeBlank
  }

  /** Ready ones, and used ones. */
  get kept(): { readonly ready: number; readonly used: number } {
    return { ready: this.#ready.length, used: this.#used.length }
  }

  /** One with this image in its memory is made beside what the thread serves. `onSettled`: `take` has it. */
  order(wanted: Wanted, onSettled: () => void): Order {
    const order = new Order(wanted, (spare) => this.giveBack(spare), onSettled)
    this.#orders.push(order)
    this.#orderWork.begin()
    return order
  }

  /**
   * One with this image in its memory: what was ordered, or one that is made at once. Throws when the engine cannot be
   * started, or there is no room for a memory.
   */
  take(wanted: Wanted, order?: Order): Spare {
    const spare = order?.take() ?? finish(this.#make(wanted))
    const { image, maximum, epoch } = wanted
    const { filling } = spare
    if (filling !== undefined) {
      const own = this.#own ?? toOwnPages(image)
      this.#model = { maximum, epoch, pages: image.pages, filling, own }
    }
    this.#idleWork.beginLater(DELAY_MS)
    return spare
  }

  /** The first turn of a guest took so long: it is a part of what it takes to come up. */
  charge(ms: number): void {
    this.#orderWork.charge(Math.min(ms, MOST_CHARGED_MS))
  }

  /** Its guest is gone, and it can be used again. */
  giveBack(spare: Spare): void {
    spare.blank.clear()
    const isLarge = spare.blank.memory.buffer.byteLength > spare.mostBytes
    if (isLarge || this.#isFull(spare.filling?.mapped)) return this.drop(spare)
    this.#used.push(spare)
    this.#idleWork.beginLater(DELAY_MS)
  }

  /** Its guest is gone, and nobody can use it again. */
  drop({ blank: { memory } }: Spare): void {
    tellCollector(memory)
  }

  *#make(wanted: Wanted): Generator<void, Spare> {
    const { image, maximum, epoch } = wanted
    const spare = (yield* this.#find(wanted)) ?? this.#createOther(image, { maximum, epoch })
    yield
    const { memory } = spare.blank
    const missing = image.pages - memory.buffer.byteLength / WASM_PAGE
    if (missing > 0) memory.grow(missing)
    spare.filling ??= map(image, memory)
    yield* layOver(image, memory, spare.filling)
    spare.mostBytes = toMostBytes(image)
    if (spare.filling?.mapped === undefined) {
      const filling = toFilling(image)
      if (filling?.source !== spare.filling?.source) spare.filling = filling
    }
    return spare
  }

  /** A ready one, or one that becomes so: a used one, or the one that is being made. */
  *#find(wanted: Wanted): Generator<void, Spare | undefined> {
    const ready = takeFirst(this.#ready, wanted)
    if (ready !== undefined) return ready
    // it may be half done
    this.#restoring = undefined
    const used = takeFirst(this.#used, wanted)
    if (used !== undefined) {
      yield* restore(used.blank.memory, used.filling)
      return used
    }
    while (this.#preparing !== undefined) {
      if (this.#preparing.next().done === true) this.#preparing = undefined
      else yield
    }
    return takeFirst(this.#ready, wanted)
  }

  /** Whether no more are kept of those that are mapped, or are not. */
  #isFull(mapped: object | undefined): boolean {
    return this.#ready.length + this.#used.length >= toBounds(mapped).most
  }

  /** None that is kept suits. Where there are as many as may be the oldest goes, so that others come. */
  #createOther({ pages, mappable }: Image, kind: Kind): Spare {
    if (this.#isFull(mappable)) {
      this.#restoring = undefined
      const oldest = this.#ready.shift() ?? this.#used.shift()
      if (oldest !== undefined) this.drop(oldest)
    }
    return this.#create(pages, kind)
  }

  #create(pages: number, kind: Kind): Spare {
    const { maximum, epoch } = kind
    const make = (): Blank => this.#makeBlank(makeMemory(pages, maximum), epoch)
    try {
      return { ...kind, blank: make(), filling: undefined, mostBytes: 0 }
    } catch (error) {
      // for want of address space: the next one may find theirs
      this.#ready.length = this.#used.length = 0
      this.#restoring = undefined
      throw error
    }
  }

  #fillOrder(): boolean {
    const [order] = this.#orders
    if (order === undefined) {
      this.#idleWork.beginLater(DELAY_MS)
      return false
    }
    if (order.isOver && this.#making === undefined) {
      this.#orders.shift()
      return true
    }
    this.#making ??= this.#make(order.wanted)
    const made = advance(this.#making)
    if (made === undefined) return true
    this.#orders.shift()
    this.#making = undefined
    order.settle(made)
    return true
  }

  #restoreUsed(): boolean {
    const [used] = this.#used
    if (used === undefined) return false
    this.#restoring ??= this.#restore(used)
    if (this.#restoring.next().done === true) this.#restoring = undefined
    return true
  }

  #prepareNext(): boolean {
    const model = this.#model
    if (
      this.#preparing === undefined &&
      model !== undefined &&
      this.#ready.length < toBounds(model.filling.mapped).ready
    ) {
      this.#preparing = this.#prepare(model)
    }
    if (this.#preparing === undefined) return false
    if (this.#preparing.next().done === true) this.#preparing = undefined
    return true
  }

  *#restore(spare: Spare): Generator<void> {
    const { blank, filling } = spare
    const isNext = this.#ready.length < toBounds(filling?.mapped).ready
    this.#own = (yield* restore(blank.memory, filling, isNext)) ?? this.#own
    this.#used.splice(this.#used.indexOf(spare), 1)
    this.#ready.push(spare)
  }

  *#prepare({ pages, filling, own, ...kind }: Model): Generator<void> {
    try {
      const spare = this.#create(pages, kind)
      yield
      yield* fill(spare.blank.memory, filling)
      if (filling.mapped !== undefined) yield* touch(spare.blank.memory, own)
      if (!this.#isFull(filling.mapped)) this.#ready.push({ ...spare, filling })
    } catch {
      // who needs one is told
      this.#model = undefined
    }
  }
}

function toBounds(mapped: object | undefined) {
  return mapped === undefined ? SPARES.copied : SPARES.mapped
}

function toMostBytes({ pages }: Image): number {
  return pages * WASM_PAGE + SLACK_BYTES
}

/** All of it at once. */
function finish(making: Iterator<void, Spare>): Spare {
  for (;;) {
    const { done, value } = making.next()
    if (done === true) return value
  }
}

/** A piece of it; what came of it, if that was the last. */
function advance(making: Iterator<void, Spare>): { spare: Spare } | { error: unknown } | undefined {
  try {
    const { done, value } = making.next()
    return done === true ? { spare: value } : undefined
  } catch (error) {
    return { error }
  }
}

/** The first that suits is in the list no longer. */
function takeFirst(list: Spare[], { image, maximum, epoch }: Wanted): Spare | undefined {
  const most = toMostBytes(image)
  const index = list.findIndex(
    (spare) =>
      spare.maximum === maximum && spare.epoch === epoch && spare.blank.memory.buffer.byteLength <= most,
  )
  return index < 0 ? undefined : list.splice(index, 1)[0]
}
