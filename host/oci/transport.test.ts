/** Where a registry may lead: nowhere that is worse than itself. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { test, vi } from 'vitest'

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

test('proxies of the environment are gone through, and addresses looked at all the same', async ({
  expect,
}) => {
  const asked: string[] = []
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (request.url === 'http://registry.test/v2/') response.writeHead(302, { location: 'http://10.0.0.1/' })
    response.end()
  })
  proxy.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`)
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  vi.stubEnv('HTTP_PROXY', url).stubEnv('HTTPS_PROXY', url).stubEnv('NO_PROXY', '')
  try {
    const send = async (registry: string, path: string) => {
      await using transport = new Transport(registry)
      const signal = AbortSignal.timeout(5000)
      return await transport.send({ method: 'GET', url: `${registry}${path}`, signal })
    }
    await expect(send('https://registry.test', '/v2/')).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
    })
    await expect(send('http://registry.test', '/v2/')).rejects.toMatchObject({
      code: 'REGISTRY_INVALID',
      message: expect.stringContaining('no public address') as string,
    })
    expect((await send('http://registry.test', '/')).status).toBe(200)
    expect(asked).toEqual(['CONNECT registry.test:443', 'http://registry.test/v2/', 'http://registry.test/'])
    // loopback is reached as ever
    await expect(send('https://localhost:1', '/')).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    expect(asked).toHaveLength(3)
    vi.stubEnv('HTTPS_PROXY', 'secret')
    expect(() => new Transport('https://registry.test')).toThrow('expected http://host:port in HTTPS_PROXY')
  } finally {
    vi.unstubAllEnvs()
    proxy.close()
  }
})
