import { it } from 'vitest'

import { encodeModule } from '../wasm/sections.ts'
import { encodeComponent } from '../../test/harness/component.ts'
import { type EnvReads, MAX_NAMES, readEnvReads, withEnvReads } from './env-reads.ts'

const BARE = encodeComponent([{ id: 1, payload: encodeModule([]) }])
const READS: EnvReads = {
  isClassic: false,
  isRequired: true,
  isAll: false,
  names: ['A', '', '__proto__', 'ü ☃'],
}

it('says what was said, and nothing else', ({ expect }) => {
  expect(readEnvReads(BARE)).toBeUndefined()
  for (const flag of ['isClassic', 'isRequired', 'isAll'] as const) {
    const reads = { isClassic: false, isRequired: false, isAll: false, names: READS.names, [flag]: true }
    expect(readEnvReads(withEnvReads(BARE, reads))).toEqual(reads)
  }
})

it('refuses a section that says it twice, is cut, of another format, or names too much', ({ expect }) => {
  const whole = withEnvReads(BARE, READS)
  expect(() => readEnvReads(withEnvReads(whole, READS))).toThrow('it says 2 times what of env it reads')
  const section = Buffer.from(whole.subarray(BARE.length))
  const format = section.indexOf('nano:env') + 'nano:env'.length
  const withFormat = Buffer.from(whole)
  withFormat[BARE.length + format] = 9
  expect(() => readEnvReads(withFormat)).toThrow('has the format 9')
  const cut = Buffer.from(whole)
  // the number of names
  cut[BARE.length + format + 2] = 100
  expect(() => readEnvReads(cut)).toThrow('expected a component built by NANO')
  const names = Array.from({ length: MAX_NAMES + 1 }, (_, i) => `N${i}`)
  expect(() => readEnvReads(withEnvReads(BARE, { ...READS, names }))).toThrow(
    `at most ${MAX_NAMES} are admitted`,
  )
  expect(() => readEnvReads(withEnvReads(BARE, { ...READS, names: ['x'.repeat(129)] }))).toThrow(
    '129 characters',
  )
})
