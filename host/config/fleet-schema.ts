/** What nano.json says about the fleet that the host belongs to. */

import * as z from 'zod'

import { source } from './secret-schema.ts'
import { closed, expected, integer, list, text, textLike } from './values.ts'

/** Without what it is instead: that may be a password. */
const URL_EXPECTED =
  'expected a nats: or tls: URL without a password, such as nats://10.0.0.7:4222; that goes into "credentials"'

function isNatsUrl(text: string): boolean {
  const { protocol = '', hostname, username, password, pathname, search, hash } = URL.parse(text) ?? {}
  const isPlain =
    hostname !== '' && `${username}${password}${pathname}${search}${hash}`.replace(/^\/$/, '') === ''
  return ['nats:', 'tls:'].includes(protocol) && isPlain
}

const url = () => text().refine(isNatsUrl, { error: URL_EXPECTED })

/** A token of a subject, and a part of a bucket's name. */
const word = () => textLike(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'letters, digits, "_" and "-", at most 63')

/** The key `fleet`. */
export const fleet = closed({
  nats: z
    .union([list(url()).min(1, { error: expected('at least one URL') }), url()], {
      error: () => URL_EXPECTED,
    })
    .meta({
      description:
        'The NATS servers, with JetStream: one URL, or those of several of one cluster. It needs the packages @nats-io/transport-node, jetstream, kv and obj beside nano-workers.',
    }),
  name: word()
    .meta({ default: 'nano', description: 'Of the fleet. Hosts that name the same one serve the same apps.' })
    .exactOptional(),
  host: word()
    .meta({ description: "Of this host, and of no other of the fleet; the machine's own name unless given." })
    .exactOptional(),
  credentials: z
    .union(
      [
        text().meta({ description: 'A .creds file, relative to this one.' }),
        closed({ token: source }),
        closed({ user: text(), password: source }),
      ],
      {
        error: () =>
          'expected the path of a .creds file, { "token": ... } or { "user": ..., "password": ... }, with where the secret is',
      },
    )
    .meta({ description: 'Who this host is for NATS; read again with each connection.' })
    .exactOptional(),
  tls: closed({
    ca: text().meta({ description: 'PEM file of the authorities, relative to this file.' }).exactOptional(),
    cert: text().meta({ description: "PEM file of this host's certificate." }).exactOptional(),
    key: text().meta({ description: 'PEM file of its key.' }).exactOptional(),
  })
    .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
      error: 'expected "cert" and "key" together',
    })
    .meta({ description: 'For servers whose authority Node does not know, or that ask for a certificate.' })
    .exactOptional(),
  replicas: integer({ range: [1, 5] })
    .refine((count) => count % 2 === 1, { error: expected('1, 3 or 5') })
    .meta({
      description: 'On how many NATS nodes everything is kept: 3 in a cluster, 1 otherwise, unless given.',
    })
    .exactOptional(),
  key: z
    .union([z.literal(false), source], {
      error: () =>
        'expected an object with "file", "env" or "credential" that says where the key is, or false for settings in the clear',
    })
    .meta({
      description:
        "Where the fleet's key is, 32 characters at least, the same on every host: settings of apps, with the values of env, are sealed with it before NATS has them, and nobody without it can make a host serve something new. false: NATS has them in the clear.",
    }),
  rollout: closed({
    steps: list(integer({ range: [1, 99] }))
      .min(1, { error: expected('at least one percentage') })
      .refine((steps) => steps.every((step, index) => index === 0 || step > steps[index - 1]!), {
        error: expected('percentages that grow'),
      })
      .meta({
        description: "The new version's part of the clients, step by step; all of them after the last.",
      })
      .default([10, 50]),
    seconds: integer({ range: [1, 86_400] })
      .meta({ description: 'How long each step lasts at least.' })
      .default(60),
    requests: integer({ range: [1, 1_000_000] })
      .meta({ description: 'Answers of the new version that a step needs before the next.' })
      .default(20),
    errors: z
      .number({ error: expected('a number from 0 to 100') })
      .min(0, { error: expected('a number from 0 to 100') })
      .max(100, { error: expected('a number from 0 to 100') })
      .meta({
        description:
          "By how many percent points the new version's part of answers that are errors (5xx) may be above that of the version before. Beyond it, the version before has all clients again.",
      })
      .default(2),
  })
    .meta({ description: 'How a new version of an app comes to all clients; at once unless given.' })
    .exactOptional(),
}).meta({
  description:
    'Hosts that serve the same apps: a deploy to any of them, or by the command line, reaches all.',
})
