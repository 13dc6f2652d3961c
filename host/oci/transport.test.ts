/** Where a registry may lead: nowhere that is worse than itself. */

import { test } from 'vitest'

import { Transport } from './transport.ts'

const cases: [registry: string, place: string, refusal: RegExp][] = [
  ['https://registry.test', 'http://token.test/', /leads to token\.test without encryption/],
  ['https://registry.test', 'http://registry.test/', /without encryption/],
  [
    'https://registry.test',
    'https://127.0.0.1:1/',
    /leads to https:\/\/127\.0\.0\.1:1, which has no public address/,
  ],
  ['https://registry.test', 'https://[::1]:1/', /no public address/],
  ['https://registry.test', 'https://169.254.169.254/latest/meta-data', /no public address/],
  ['https://registry.test', 'https://localhost:1/', /no public address/],
  ['http://registry.test', 'http://127.0.0.1:1/', /no public address/],
]

test.for(cases)('%s: %s', async ([registry, url, refusal], { expect }) => {
  await using transport = new Transport(registry)
  const sent = transport.send({ method: 'GET', url, signal: AbortSignal.timeout(5000), isLedTo: true })
  await expect(sent).rejects.toMatchObject({
    code: 'REGISTRY_INVALID',
    message: expect.stringMatching(refusal) as string,
  })
})
