/** Certificates while they are served: others that are named, keys of tickets, and what is no good. */

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { makeCertificate, NO_OPENSSL } from '../../test/harness/certificate.ts'
import { waitFor } from '../../test/harness/serve.ts'
import type { TlsState } from '../tls/contexts.ts'
import { Certificates } from './certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-certificates-'))
afterAll(() => rmSync(folder, { recursive: true }))

function open(rotateMs?: number) {
  const log: string[] = []
  const states: TlsState[] = []
  const certificates = new Certificates({
    log: ({ level, text }) => log.push(`${level} ${text}`),
    onChange: (state) => states.push(state),
    ...(rotateMs !== undefined && { rotateMs }),
  })
  const toNames = (state: TlsState | undefined) => state?.pairs.map(({ names }) => names.join())
  return {
    certificates,
    log,
    states,
    names: () => states.map(toNames),
    served: () => toNames(certificates.state),
  }
}

describe.skipIf(NO_OPENSSL)(
  `certificates${NO_OPENSSL === undefined ? '' : `, not run: ${NO_OPENSSL}`}`,
  () => {
    test('others that are named are served, in their order; the same again is no change', async ({
      expect,
    }) => {
      const [a, b] = [makeCertificate(folder, 'a', ['a.test']), makeCertificate(folder, 'b', ['b.test'])]
      const { certificates, names, served } = open()
      using _ = certificates
      await certificates.load([a])
      expect([names(), served()]).toEqual([[], ['a.test']])
      await certificates.use([a])
      await certificates.use([a, b])
      await certificates.use([b, a])
      await certificates.use([b])
      expect(names()).toEqual([['a.test', 'b.test'], ['b.test', 'a.test'], ['b.test']])
    })

    test('one that is no good keeps its place, or is not served; the others are', async ({ expect }) => {
      const [a, b] = [makeCertificate(folder, 'a', ['a.test']), makeCertificate(folder, 'b', ['b.test'])]
      const { certificates, names, served, log } = open()
      using _ = certificates
      await certificates.load([a])
      writeFileSync(a.cert, 'spoilt')
      await certificates.use([a, { cert: join(folder, 'none'), key: a.key }, b])
      expect(names()).toEqual([['a.test', 'b.test']])
      expect(log).toEqual([
        expect.stringMatching(
          /^error tls: .*a\.pem: expected a certificate in PEM.*; the one before is served on$/,
        ),
        `error tls: ${join(folder, 'none')}: there is no such file; not served`,
        'info tls: certificates are exchanged',
      ])
      rmSync(b.cert)
      await certificates.use([{ cert: join(folder, 'none'), key: a.key }])
      expect(served()).toEqual(['a.test', 'b.test'])
    })

    test('a key with a passphrase is said to be one', async ({ expect }) => {
      const { cert, key } = makeCertificate(folder, 'locked', ['a.test'])
      writeFileSync(key, '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n')
      const { certificates } = open()
      using _ = certificates
      await expect(certificates.load([{ cert, key }])).rejects.toThrow(
        'without a passphrase, got an encrypted one',
      )
    })

    test('keys of tickets are made anew, and certificates that end soon are named again', async ({
      expect,
    }) => {
      const a = makeCertificate(folder, 'soon', ['a.test'], 2)
      const { certificates, states, log } = open(30)
      using _ = certificates
      await certificates.load([a])
      await waitFor(() => (states.length >= 2 ? true : undefined))
      const keys = states.map(({ ticketKeys }) => Buffer.from(ticketKeys).toString('hex'))
      expect(new Set(keys).size).toBe(keys.length)
      expect(keys.every((hex) => hex.length === 96)).toBe(true)
      expect(log.length).toBeGreaterThan(1)
      expect(new Set(log)).toEqual(
        new Set([expect.stringMatching(/^warn tls: .*soon\.pem: the certificate expires at \d/)]),
      )
    })

    test('files that change are noticed', async () => {
      const a = makeCertificate(folder, 'linked', ['a.test'])
      const { certificates, names } = open()
      using _ = certificates
      await certificates.load([a])
      await certificates.watch(20)
      const next = makeCertificate(folder, 'linked next', ['next.test'])
      copyFileSync(next.cert, a.cert)
      copyFileSync(next.key, a.key)
      await waitFor(() => (names().at(-1)?.[0] === 'next.test' ? true : undefined))
    })
  },
)
