/**
 * The binary format of components, as far as there are names in it: every section that can hold one is read to its last byte,
 * and every name is given to whoever judges it. What is not known is refused.
 */

import type { Reader } from '../wasm/reader.ts'

/** Where a name stands. */
export type NamePlace = 'extern' | 'label' | 'core'

export interface NameJudge {
  /** Throws for a name that may not stand there. */
  (place: NamePlace, name: string): void
}

/** Sections of a component, by their ids. */
export const SECTION = {
  custom: 0,
  coreModule: 1,
  coreInstance: 2,
  coreType: 3,
  component: 4,
  instance: 5,
  alias: 6,
  type: 7,
  canon: 8,
  start: 9,
  import: 10,
  export: 11,
  value: 12,
} as const

/** Types within types. */
const MOST_DEPTH = 100
/** The largest byte of a value type that is a type by itself and not an index. */
const PRIMITIVES = [0x64, 0x73, 0x7f] as const

export class NameReader {
  readonly #reader: Reader
  readonly #judge: NameJudge
  #depth = 0

  constructor(reader: Reader, judge: NameJudge) {
    this.#reader = reader
    this.#judge = judge
  }

  /** All of a section's payload. */
  section(id: number): void {
    const reader = this.#reader
    const each = this.#toElement(id)
    const count = reader.count()
    for (let i = 0; i < count; i++) each()
    if (!reader.done) reader.fail('bytes behind the end of a section')
  }

  #toElement(id: number): () => void {
    switch (id) {
      case SECTION.coreInstance:
        return () => this.#coreInstance()
      case SECTION.instance:
        return () => this.#instance()
      case SECTION.alias:
        return () => this.#alias()
      case SECTION.type:
        return () => this.#type()
      case SECTION.import:
        return () => this.#import()
      case SECTION.export:
        return () => this.#export()
      default:
        return this.#reader.fail(`a section of the kind ${id} has no place in such a component`)
    }
  }

  #name(place: NamePlace): void {
    this.#judge(place, this.#reader.name())
  }

  /** Of an import or export: a byte for its form, and the name. */
  #externName(): void {
    const form = this.#reader.u8()
    if (form > 1) this.#reader.fail(`a name of the form ${form}`)
    this.#name('extern')
  }

  #coreInstance(): void {
    const reader = this.#reader
    const form = reader.u8()
    if (form === 0) {
      reader.u32()
      this.#times(() => {
        this.#name('core')
        if (reader.u8() !== 0x12) reader.fail('an argument that is no instance')
        reader.u32()
      })
    } else if (form === 1) {
      this.#times(() => {
        this.#name('core')
        reader.u8()
        reader.u32()
      })
    } else reader.fail(`a core instance of the form ${form}`)
  }

  #instance(): void {
    const reader = this.#reader
    const form = reader.u8()
    if (form === 0) {
      reader.u32()
      this.#times(() => {
        this.#name('extern')
        this.#sortIndex()
      })
    } else if (form === 1) {
      this.#times(() => {
        this.#externName()
        this.#sortIndex()
      })
    } else reader.fail(`an instance of the form ${form}`)
  }

  /** Whether it is core's. */
  #sort(): boolean {
    const reader = this.#reader
    const sort = reader.u8()
    if (sort === 0) {
      reader.u8()
      return true
    }
    if (sort > 5 || sort === 2) reader.fail(`a sort ${sort}`)
    return false
  }

  #sortIndex(): void {
    this.#sort()
    this.#reader.u32()
  }

  #alias(): void {
    const reader = this.#reader
    this.#sort()
    const target = reader.u8()
    reader.u32()
    if (target === 0) this.#name('extern')
    else if (target === 1) this.#name('core')
    else if (target === 2) reader.u32()
    else reader.fail(`an alias of ${target}`)
  }

  #import(): void {
    this.#externName()
    this.#externType()
  }

  #export(): void {
    this.#externName()
    this.#sortIndex()
    if (this.#option()) this.#externType()
  }

  #externType(): void {
    const reader = this.#reader
    const kind = reader.u8()
    if (kind === 0) {
      if (reader.u8() !== 0x11) reader.fail('an extern that is no core module')
      reader.u32()
    } else if (kind === 3) {
      const bound = reader.u8()
      if (bound === 0) reader.u32()
      else if (bound !== 1) reader.fail(`a type that is bound by ${bound}`)
    } else if (kind === 1 || kind === 4 || kind === 5) reader.u32()
    else reader.fail(`an extern of the kind ${kind}`)
  }

  #type(): void {
    const reader = this.#reader
    if (++this.#depth > MOST_DEPTH) reader.fail('types are nested too deeply')
    const form = reader.u8()
    if (form === 0x40) this.#function()
    else if (form === 0x41) this.#times(() => this.#declaration(true))
    else if (form === 0x42) this.#times(() => this.#declaration(false))
    else if (form === 0x3f) {
      if (reader.u8() !== 0x7f) reader.fail('a resource that is no i32')
      if (this.#option()) reader.u32()
    } else this.#definedType(form)
    this.#depth--
  }

  #function(): void {
    const reader = this.#reader
    this.#times(() => {
      this.#name('label')
      this.#valueType()
    })
    const form = reader.u8()
    if (form === 0) this.#valueType()
    else if (form !== 1 || reader.u8() !== 0) reader.fail('results of a function')
  }

  #declaration(isComponent: boolean): void {
    const reader = this.#reader
    const form = reader.u8()
    if (form === 1) this.#type()
    else if (form === 2) this.#alias()
    else if (form === 3 && isComponent) this.#import()
    else if (form === 4) {
      this.#externName()
      this.#externType()
    } else reader.fail(`a declaration of the form ${form}`)
  }

  #definedType(form: number): void {
    const reader = this.#reader
    switch (form) {
      case 0x72:
        return this.#times(() => {
          this.#name('label')
          this.#valueType()
        })
      case 0x71:
        return this.#times(() => {
          this.#name('label')
          if (this.#option()) this.#valueType()
          if (reader.u8() !== 0) reader.fail('a case that refines another')
        })
      case 0x70:
      case 0x6b:
        return this.#valueType()
      case 0x6f:
        return this.#times(() => this.#valueType())
      case 0x6e:
      case 0x6d:
        return this.#times(() => this.#name('label'))
      case 0x6a:
        if (this.#option()) this.#valueType()
        if (this.#option()) this.#valueType()
        return
      case 0x69:
      case 0x68:
        return void reader.u32()
      default:
        if (!isPrimitive(form)) reader.fail(`a type 0x${form.toString(16)}`)
    }
  }

  /** A primitive's byte, which is a negative number in LEB128, or an index. */
  #valueType(): void {
    if (isPrimitive(this.#reader.bytes[this.#reader.at] ?? 0)) this.#reader.u8()
    else this.#reader.u32()
  }

  #option(): boolean {
    const flag = this.#reader.u8()
    if (flag > 1) this.#reader.fail(`an option of ${flag}`)
    return flag === 1
  }

  #times(act: () => void): void {
    const count = this.#reader.count()
    for (let i = 0; i < count; i++) act()
  }
}

function isPrimitive(byte: number): boolean {
  const [error, least, most] = PRIMITIVES
  return byte === error || (byte >= least && byte <= most)
}
