/** References of registries: the grammar of the distribution specification, with the registry said. */

import { describe, test } from 'vitest'

import { isRepositoryPattern, toRules } from './oci-settings.ts'
import { parseReference, toReferenceText } from './oci-reference.ts'

const DIGEST = `sha256:${'0a'.repeat(32)}`

describe('a reference', () => {
  test.for([
    'oci://registry.test/app:1',
    'oci://registry.test:5000/team/app:1.2.3-rc_1',
    `oci://localhost/app@${DIGEST}`,
    `oci://127.0.0.1:5000/a/b/c/d:latest@${DIGEST}`,
    'oci://[::1]:5000/app:1',
    'oci://r.test/a__b.c-d--e/f_g:v1.wasm',
  ])('%s', (text, { expect }) => {
    expect(toReferenceText(parseReference(text)!)).toBe(text)
  })

  test('has parts', ({ expect }) => {
    expect(parseReference(`oci://Registry.TEST:5000/team/app:V1@${DIGEST}`)).toEqual({
      registry: 'registry.test:5000',
      repository: 'team/app',
      tag: 'V1',
      digest: DIGEST,
    })
  })

  test.for([
    'registry.test/app:1',
    'oci://app:1',
    'oci://registry.test/app',
    'oci://registry.test/:1',
    'oci://registry.test/App:1',
    'oci://registry.test/../app:1',
    'oci://registry.test/a//b:1',
    'oci://user:password@registry.test/app:1',
    'oci://registry.test/app:1?x',
    'oci://registry.test/app:1#x',
    'oci://registry.test/app:-1',
    `oci://registry.test/app:${'x'.repeat(129)}`,
    `oci://registry.test/${'x/'.repeat(200)}app:1`,
    'oci://registry.test/app@sha256:0a',
    `oci://registry.test/app@${DIGEST.toUpperCase()}`,
    `oci://registry.test/app@sha512:${'0a'.repeat(64)}`,
    'oci://registry.test:port/app:1',
    'oci:// registry.test/app:1',
    'oci://-registry.test/app:1',
    `oci://registry.test/${'a'.repeat(300)}:1`,
    `oci://registry.test/${'a-'.repeat(500_000)}`,
  ])('refused: %s', (text, { expect }) => {
    expect(parseReference(text)).toBeUndefined()
  })
})

test('rules hold for a repository, for all below one, for everything', ({ expect }) => {
  const rules = ['r.test/team/app', 'r.test/team/*', 'r.test/tea/*', '*'].map((repository) => ({
    repository,
    keys: [],
  }))
  const found = (registry: string, repository: string) =>
    toRules({ signatures: rules }, { registry, repository }).map((rule) => rule.repository)
  expect(found('r.test', 'team/app')).toEqual(['r.test/team/app', 'r.test/team/*', '*'])
  expect(found('r.test', 'team/app2')).toEqual(['r.test/team/*', '*'])
  expect(found('r.test', 'team')).toEqual(['*'])
  expect(found('r.test:5000', 'team/app')).toEqual(['*'])
  expect(['*', 'r.test/*', 'r.test:5000/a/b', 'r.test/a/*'].every(isRepositoryPattern)).toBe(true)
  expect(['', 'r.test/a*', '*/a', 'r.test/*/b', 'oci://r.test/a'].some(isRepositoryPattern)).toBe(false)
})
