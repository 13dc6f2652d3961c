import { describe, it } from 'vitest'

import { ReadCollector, toEnvReads } from './read-collector.ts'

const MARK = '\u001fnano:env'

/** What is collected of these writes, and what of them is not taken. */
function collect(...texts: string[]) {
  const collector = new ReadCollector()
  const rest = texts.filter((text) => !collector.take(Buffer.from(text)))
  return { reads: collector.reads, rest }
}

describe('of what is written', () => {
  it('takes what is meant for it, with the end of its line, and nothing else', ({ expect }) => {
    const { reads, rest } = collect(
      `${MARK}["member","A"]`,
      '\n',
      'text',
      '\n',
      `${MARK}["global","B"]`,
      'more',
    )
    expect(reads).toMatchObject({ members: ['A'], globals: ['B'], isAll: false, isDone: false })
    expect(rest).toEqual(['text', '\n', 'more'])
  })

  it('makes nothing of what an app invents', ({ expect }) => {
    const odd = ['', '{', '[]', 'null', '["member"]', '["member",1]', '["__proto__","A"]', '["take","A"]']
    expect(collect(...odd.map((text) => MARK + text)).reads).toMatchObject({
      members: [],
      globals: [],
      isAll: false,
    })
  })

  it('takes too many names, and one that is too long, for all', ({ expect }) => {
    const many = Array.from({ length: 1001 }, (_, i) => `${MARK}["member","N${i}"]`)
    expect(collect(...many).reads).toMatchObject({ isAll: true, members: { length: 1000 } })
    expect(collect(`${MARK}["member","${'x'.repeat(200)}"]`).reads).toMatchObject({
      isAll: true,
      members: [],
    })
  })
})

describe('a component says', () => {
  const { reads } = collect(`${MARK}["member","A"]`, `${MARK}["global","B"]`, `${MARK}["done",""]`)

  it('names of globals for a classic app alone', ({ expect }) => {
    expect(toEnvReads(reads, false)?.names).toEqual(['A'])
    expect(toEnvReads({ ...reads, isClassic: true }, false)?.names).toEqual(['A', 'B'])
  })

  it('nothing for an app that asks for nothing', ({ expect }) => {
    expect(toEnvReads({ ...reads, members: [] }, true)).toBeUndefined()
    expect(toEnvReads({ ...reads, members: [], isAll: true }, false)).toMatchObject({
      isAll: true,
      names: [],
    })
  })
})
