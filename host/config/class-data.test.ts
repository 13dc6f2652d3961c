/** Whose data a class of Durable Objects has. */

import { test } from 'vitest'

import { toClassData } from './class-data.ts'
import type { Migration } from './class-data.ts'

const toDataNames = (migrations: readonly Migration[]) => toClassData(migrations).names

test('a class has the data of its name, whether a step says so or not', ({ expect }) => {
  expect(toDataNames([])).toEqual({})
  expect(toDataNames([{ tag: 'v1', new_sqlite_classes: ['A'], new_classes: ['B'] }])).toEqual({})
})

test('a class that is renamed keeps its data, and another one of that name has its own', ({ expect }) => {
  const renamed = [{ tag: 'v2', renamed_classes: [{ from: 'A', to: 'B' }] }]
  expect(toDataNames(renamed)).toEqual({ B: 'A', A: 'A@v2' })
  const steps = [{ tag: 'v1', new_sqlite_classes: ['A'] }, ...renamed]
  expect(toDataNames(steps)).toEqual({ B: 'A', A: 'A@v2' })
  expect(toDataNames([...steps, { tag: 'v3', new_sqlite_classes: ['A'] }])).toEqual({ B: 'A', A: 'A@v3' })
})

test('two that take each other’s names have each other’s data', ({ expect }) => {
  const swap = {
    tag: 'v2',
    renamed_classes: [
      { from: 'A', to: 'B' },
      { from: 'B', to: 'A' },
    ],
  }
  expect(toDataNames([{ tag: 'v1', new_sqlite_classes: ['A', 'B'] }, swap])).toEqual({ A: 'B', B: 'A' })
})

test('what is deleted is not found again under the same name', ({ expect }) => {
  const steps = [
    { tag: 'v1', new_sqlite_classes: ['A'] },
    { tag: 'v2', deleted_classes: ['A'] },
  ]
  expect(toDataNames([...steps, { tag: 'v3', new_sqlite_classes: ['A'] }])).toEqual({ A: 'A@v3' })
  const twice = [
    { tag: 'x', new_classes: ['A'] },
    { tag: 'x', deleted_classes: ['A'] },
    { tag: 'x', new_classes: ['A'] },
    { tag: 'x', deleted_classes: ['A'] },
    { tag: 'x', new_classes: ['A'] },
  ]
  expect(toDataNames(twice)).toEqual({ A: 'A@x+' })
})

test('what is deleted is nobody’s any more, under whatever name it was', ({ expect }) => {
  const steps = [
    { tag: 'v1', new_sqlite_classes: ['A', 'B'] },
    { tag: 'v2', renamed_classes: [{ from: 'A', to: 'C' }], deleted_classes: ['B'] },
  ]
  expect(toClassData(steps)).toEqual({ names: { C: 'A', A: 'A@v2', B: 'B@v2' }, deleted: ['B'] })
  const last = [
    ...steps,
    { tag: 'v3', new_sqlite_classes: ['B'] },
    { tag: 'v4', deleted_classes: ['B', 'C'] },
  ]
  expect(toClassData(last).deleted).toEqual(['B', 'B@v3', 'A'])
  expect(toClassData([{ tag: 'v1', deleted_classes: ['Old'] }])).toEqual({
    names: { Old: 'Old@v1' },
    deleted: ['Old'],
  })
})
