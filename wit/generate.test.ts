/** The committed types are those of the committed WIT. */
import { it } from 'vitest'
import { findStaleTypes } from './generate.ts'
import { witText } from './text.ts'

it('wit/types is what wit/ says', { timeout: 60_000 }, async ({ expect }) => {
  expect(await findStaleTypes()).toEqual([])
})

it('witText has one package line and every interface', ({ expect }) => {
  const text = witText()
  expect(text.match(/^package /gm)).toHaveLength(1)
  expect([...text.matchAll(/^interface ([\w-]+)/gm)].map((match) => match[1])).toEqual([
    'background',
    'console',
    'events',
    'outbound',
    'request-body',
    'response',
    'timer',
  ])
  expect(text).toMatch(/^world worker/m)
})
