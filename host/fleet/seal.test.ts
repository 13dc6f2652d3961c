import { describe, it } from 'vitest'

import type { StoredVersion } from '../artifacts/store.ts'
import type { ContentHash } from '../artifacts/blobs.ts'
import { decodeApp, encodeApp } from './app-record.ts'
import type { FleetApp } from './app-state.ts'
import { Seal } from './seal.ts'

const seal = new Seal('a key of the fleet, which is long enough', 'shop')
const other = new Seal('another key, of another fleet of someone', 'shop')

const toVersion = (number: number, settings: string): StoredVersion => ({
  app: 'shop',
  number,
  hostname: 'shop.test',
  settings,
  component: 'a'.repeat(64) as ContentHash,
  sourceMap: undefined,
  assets: undefined,
  source: undefined,
  engineHash: 'e',
  image: undefined,
  createdAt: 1,
})

const app: FleetApp = {
  name: 'shop',
  versions: [toVersion(2, '{"env":{"KEY":"secret"}}'), toVersion(1, '{}')],
  active: 1,
  canary: { version: 2, percent: 10 },
  rollout: { version: 2, steps: [50] },
  refused: undefined,
}

describe('what is said of an app', () => {
  it('comes back as it was, and shows no setting to who has not the key', ({ expect }) => {
    const text = encodeApp(app, 'change', seal)
    expect(decodeApp('shop', text, seal)).toEqual({ app, change: 'change' })
    expect(text).not.toMatch(/secret|env/)
    expect(() => decodeApp('shop', text, other)).toThrow('not signed with')
    expect(() => decodeApp('shop', text, undefined)).toThrow('sealed with a fleet key')
    expect(decodeApp('shop', encodeApp(app, 'change', undefined), undefined).app).toEqual(app)
  })

  it('makes no host serve what no host has said of that app', ({ expect }) => {
    const record = JSON.parse(encodeApp(app, 'change', seal)) as Record<string, unknown>
    const forged: Record<string, unknown>[] = [
      { ...record, active: 2 },
      { ...record, canary: undefined },
      { ...record, change: 'another' },
      { ...record, signature: undefined },
      { ...record, signature: 'c2hvcnQ=' },
      {
        ...record,
        versions: (record['versions'] as object[]).map((each) => ({ ...each, component: 'b'.repeat(64) })),
      },
    ]
    for (const each of forged)
      expect(() => decodeApp('shop', JSON.stringify(each), seal)).toThrow('not signed with')
    // of another app
    expect(() => decodeApp('blog', JSON.stringify(record), seal)).toThrow('it is of app shop')
    expect(() => decodeApp('shop', encodeApp(app, 'change', undefined), seal)).toThrow('not signed with')
  })

  it('is checked before it is used, with a key and without', ({ expect }) => {
    const record = JSON.parse(encodeApp(app, 'change', undefined)) as Record<string, unknown>
    const wrong = [
      'no JSON',
      'null',
      '[]',
      JSON.stringify({ ...record, format: 2 }),
      JSON.stringify({ ...record, active: 9 }),
      JSON.stringify({ ...record, canary: { version: 9, percent: 10 } }),
      JSON.stringify({ ...record, canary: { version: 2, percent: 100 } }),
      JSON.stringify({
        ...record,
        versions: [{ ...(record['versions'] as object[])[0], component: '../../etc' }],
      }),
      JSON.stringify({ ...record, more: 1 }),
    ]
    for (const text of wrong) {
      expect(() => decodeApp('shop', text, undefined), text).toThrow(
        expect.objectContaining({ code: 'FLEET_STATE_INVALID' }),
      )
    }
  })

  it('is sealed for one version of one app', ({ expect }) => {
    const sealed = seal.seal('text', 'shop/1')
    expect(seal.open(sealed, 'shop/1')).toBe('text')
    for (const open of [
      () => seal.open(sealed, 'shop/2'),
      () => other.open(sealed, 'shop/1'),
      () => seal.open('', 'shop/1'),
    ])
      expect(open).toThrow()
  })
})
