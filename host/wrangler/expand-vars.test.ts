import { expect, test } from 'vitest'

import { expandVars } from './expand-vars.ts'

test('values that name others', () => {
  const vars = {
    HOST: 'shop.test',
    URL: 'https://${HOST}/$PATH_OF-x',
    PATH_OF: '${NONE:-all}/${EMPTY-nothing}',
    EMPTY: '',
    PRICE: String.raw`\$5 and $ 5`,
    SELF: 'a$SELF',
    ONE: '$TWO',
    TWO: '$ONE!',
  }
  expect(expandVars(vars)).toEqual({
    HOST: 'shop.test',
    URL: 'https://shop.test/all/nothing-x',
    PATH_OF: 'all/nothing',
    EMPTY: '',
    PRICE: '$5 and $ 5',
    SELF: 'a',
    ONE: '!',
    TWO: '!',
  })
})

test('values that would fill the memory are refused', () => {
  const vars = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`V${i}`, i === 0 ? 'x'.repeat(100) : `$V${i - 1}`.repeat(10)]),
  )
  expect(() => expandVars(vars)).toThrow('expected at most 1048576 characters')
})
