/** What an artifact says of its app, beside what nano.json says: whoever pushes gives the app what is its own, and no more. */

import { describe, test } from 'vitest'

import type { AppConfig } from './config.ts'
import { parseConfig } from './parse.ts'
import { takeArtifact } from './take-artifact.ts'

const PATH = 'oci://registry.test/app:1'

function toApp(more: object = {}): AppConfig {
  const app = { name: 'shop', hostname: 'shop.test', path: PATH, ...more }
  return parseConfig(JSON.stringify({ defaults: { cpu_ms: 100 }, apps: [app] }), '/srv/nano.json').apps[0]!
}

const take = (settings: Record<string, unknown>, more: object = {}): AppConfig => {
  const app = toApp(more)
  return takeArtifact(app, { digest: 'sha256:1', settings }, { limits: { ...app.limits, cpuMs: 100 } })
}

describe('what an artifact says', () => {
  test('is taken where nano.json says nothing', ({ expect }) => {
    const { env, limits, triggers, assets, artifact } = take(
      {
        env: { A: 'artifact', B: 'artifact' },
        kv_namespaces: [{ binding: 'KV' }],
        triggers: { crons: ['* * * * *'] },
        assets: { binding: 'FILES', directory: '/etc' },
        cpu_ms: 50,
      },
      { env: { A: 'nano.json' } },
    )
    expect([env['A'], env['B']]).toEqual([
      { type: 'text', value: 'nano.json' },
      { type: 'text', value: 'artifact' },
    ])
    expect(env).toHaveProperty('KV')
    expect([limits.cpuMs, triggers?.crons, artifact?.warnings]).toEqual([50, ['* * * * *'], []])
    expect(assets).toMatchObject({ binding: 'FILES' })
    expect(assets).not.toHaveProperty('directory')
  })

  const others: [what: string, settings: Record<string, unknown>, warning: RegExp][] = [
    ['where it may go', { egress: { private: true } }, /egress is the operator's to say/],
    ['how much memory it has', { memory_mb: 4096 }, /memory_mb is the operator's to say/],
    ['more processor time', { cpu_ms: 5000 }, /cpu_ms is 5000, more than the app is given.*100 holds/],
    [
      'whom it calls',
      { services: [{ binding: 'OTHER', service: 'other' }] },
      /calls another app, other, and is not in env/,
    ],
  ]
  test.for(others)('is not taken: %s', ([, settings, warning], { expect }) => {
    const { artifact, egress, limits, env } = take(settings)
    expect(artifact?.warnings?.join('\n')).toMatch(warning)
    expect([egress, limits.cpuMs, limits.memoryMb, env]).toEqual([
      undefined,
      100,
      toApp().limits.memoryMb,
      {},
    ])
  })

  const wrong: [what: string, settings: Record<string, unknown>, message: RegExp][] = [
    ['a name', { name: 'bank' }, /unknown key "name"/],
    ['a host name', { hostname: 'bank.test' }, /unknown key "hostname"/],
    ['a path', { path: '/etc/passwd' }, /unknown key "path"/],
    ['secrets of the host', { secrets: { A: { env: 'HOME' } } }, /unknown key "secrets"/],
    [
      'shared data',
      { kv_namespaces: [{ binding: 'KV', id: 'theirs', shared: true }] },
      /unknown key "shared"/,
    ],
    ['another type', { env: 3 }, /env: expected an object/],
    ['a name twice', { env: { KV: 'x' }, kv_namespaces: [{ binding: 'KV' }] }, /KV/],
  ]
  test.for(wrong)('is refused: %s', ([, settings, message], { expect }) => {
    expect(() => take(settings)).toThrow(expect.objectContaining({ code: 'ARTIFACT_INVALID' }) as Error)
    expect(() => take(settings)).toThrow(message)
    expect(() => take(settings)).toThrow(PATH)
  })

  test('nothing leaves the app as nano.json has it', ({ expect }) => {
    const app = toApp({ env: { A: '1' }, assets: { directory: 'public' } })
    const { artifact, ...taken } = takeArtifact(app, { digest: 'sha256:1', settings: undefined })
    const { artifact: before, ...given } = app
    expect(taken).toEqual(given)
    expect(artifact).toEqual({ ...before, digest: 'sha256:1' })
  })
})
