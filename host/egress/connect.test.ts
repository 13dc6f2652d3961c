/** Names lead only where the policy lets them, each time that they are asked. */
import { describe, test } from 'vitest'

import { resolveTo } from '../../test/harness/names.ts'
import { EgressDenied, type Resolve, toCheckedLookup } from './connect.ts'
import { EgressPolicy, type EgressSettings } from './policy.ts'

describe('a lookup', () => {
  const target = { hostname: 'rebind.test', port: 80 }
  const look = (resolve: Resolve, all: boolean, settings: EgressSettings = {}) =>
    new Promise((done) => {
      const policy = new EgressPolicy(settings)
      const lookup = toCheckedLookup((...args) => policy.admitsAddress(...args), target, resolve)
      lookup('rebind.test', { all }, (error, ...found) => done(error ?? found))
    })

  test('answers with public addresses only', async ({ expect }) => {
    const mixed = resolveTo(['127.0.0.1', '93.184.215.14', '::1', '2606:4700::1111', '::ffff:10.0.0.1'])
    expect(await look(mixed, true)).toEqual([
      [
        { address: '93.184.215.14', family: 4 },
        { address: '2606:4700::1111', family: 6 },
      ],
    ])
    expect(await look(mixed, false)).toEqual(['93.184.215.14', 4])
  })

  test('is checked each time: a name that leads inside the second time fails', async ({ expect }) => {
    const rebinding = resolveTo(['93.184.215.14'], ['127.0.0.1'])
    expect(await look(rebinding, false)).toEqual(['93.184.215.14', 4])
    expect(await look(rebinding, false)).toBeInstanceOf(EgressDenied)
  })

  test('says nothing of what the name resolves to', async ({ expect }) => {
    const denied = await look(resolveTo(['10.20.30.40']), true)
    expect(String(denied)).toContain('rebind.test:80')
    expect(String(denied)).not.toContain('10.20')
  })

  test('without addresses is refused, and an error of the resolver is handed on', async ({ expect }) => {
    expect(await look(resolveTo([]), true)).toBeInstanceOf(EgressDenied)
    const error = new Error('ENOTFOUND')
    expect(await look((_hostname, _options, done) => done(error, []), true)).toBe(error)
  })
})
