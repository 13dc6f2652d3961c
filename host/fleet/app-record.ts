/**
 * What a fleet says of one app, and how NATS has it: one entry of the state's bucket, which is changed as a whole, so that
 * every host sees an app as somebody has made it. What comes back is untrusted: it is checked before anything of it is used.
 *
 *     { version, app, change, active?, canary?, rollout?, refused?, versions: [...] }  and, with a key, { signature }
 *
 * With a key the settings of each version are sealed.
 */

import * as z from 'zod'

import type { ContentHash } from '../artifacts/blobs.ts'
import { APP_NAME } from '../config/config.ts'
import { defined } from '../config/defined.ts'
import { NanoError } from '../errors.ts'
import { toStored } from './app-state.ts'
import type { FleetApp } from './app-state.ts'
import type { Seal } from './seal.ts'

const FORMAT = 1

const hash = z.string().regex(/^[0-9a-f]{64}$/) as unknown as z.ZodType<ContentHash>
const number = z.int().min(1)
const percent = z.int().min(1).max(99)

const RECORD = z.strictObject({
  format: z.literal(FORMAT),
  app: z.string().regex(APP_NAME),
  /** Names the change, for whoever does not know whether his came through. */
  change: z.string(),
  active: number.optional(),
  canary: z.strictObject({ version: number, percent }).optional(),
  rollout: z.strictObject({ version: number, steps: z.array(percent) }).optional(),
  refused: z.strictObject({ version: number, reason: z.string(), at: z.number() }).optional(),
  versions: z.array(
    z.strictObject({
      number,
      hostname: z.string().min(1),
      settings: z.string(),
      component: hash,
      sourceMap: hash.optional(),
      assets: hash.optional(),
      source: z.string().optional(),
      engineHash: z.string(),
      createdAt: z.number(),
    }),
  ),
  signature: z.string().optional(),
})

type Written = z.output<typeof RECORD>

/** `change`: names it. */
export function encodeApp(app: FleetApp, change: string, seal: Seal | undefined): string {
  const { name, active, canary, rollout, refused } = app
  const record: Written = {
    format: FORMAT,
    app: name,
    change,
    ...defined({ active, canary, rollout: rollout && { ...rollout, steps: [...rollout.steps] }, refused }),
    versions: app.versions.map(({ app: _app, image: _image, settings, ...version }) => ({
      ...defined(version),
      settings: seal === undefined ? settings : seal.seal(settings, toOwner(name, version.number)),
    })),
  }
  return JSON.stringify(seal === undefined ? record : { ...record, signature: seal.sign(toSigned(record)) })
}

/** Throws FLEET_STATE_INVALID when no host with this key has written it. */
export function decodeApp(
  name: string,
  text: string,
  seal: Seal | undefined,
): { readonly app: FleetApp; readonly change: string } {
  try {
    const { signature, ...record } = RECORD.parse(JSON.parse(text))
    if (record.app !== name) throw new Error(`it is of app ${record.app}`)
    if (seal !== undefined && !seal.isSigned(toSigned(record), signature ?? ''))
      throw new Error("it is not signed with this host's fleet key")
    if (seal === undefined && signature !== undefined)
      throw new Error('it is sealed with a fleet key, which this host has not')
    const { active, canary, rollout, refused, change } = record
    const versions = record.versions.map(({ sourceMap, assets, source, settings, ...version }) => ({
      ...version,
      app: name,
      sourceMap,
      assets,
      source,
      image: undefined,
      settings: seal === undefined ? settings : seal.open(settings, toOwner(name, version.number)),
    }))
    const app = { name, active, canary, rollout, refused, versions }
    // throws when a version that is to serve is not there
    toStored({ app, revision: 0 })
    return { app, change }
  } catch (cause) {
    const text = `what the fleet says of app ${name} cannot be used: ${(cause as Error).message.slice(0, 300)}`
    throw new NanoError('FLEET_STATE_INVALID', text, { cause })
  }
}

/** Its members in one order, whoever has written it. */
function toSigned(record: Written): string {
  return JSON.stringify(RECORD.parse(record))
}

/** What sealed settings belong to. */
function toOwner(app: string, version: number): string {
  return `${app}/${version}`
}
