import { describe, it } from 'vitest'

import { NatsServer, NO_NATS } from '../../test/harness/nats.ts'
import type { ContentHash } from '../artifacts/blobs.ts'
import { FleetArtifacts } from './artifacts.ts'
import type { ArtifactName } from './artifacts.ts'
import { FleetConnection } from './connection.ts'
import { sweep } from './sweep.ts'

const hash = (letter: string): ContentHash => letter.repeat(64) as ContentHash
const LATER = Date.now() + 3_600_000

describe.skipIf(NO_NATS !== undefined)(`a sweep${NO_NATS ? ` (skipped: ${NO_NATS})` : ''}`, () => {
  it('takes away what nobody names, what is named is compressed against apart, and what was put since', async ({
    expect,
  }) => {
    await using nats = await NatsServer.start()
    await using connection = new FleetConnection({ name: 'test', host: 'a', servers: [nats.url] }, () => {})
    await connection.first
    const artifacts = new FleetArtifacts(connection)
    const put = (name: ArtifactName, base?: ContentHash) =>
      artifacts.keep(name, async () => ({ bytes: Buffer.from(`bytes of ${name}`), base }))
    for (const letter of ['a', 'b', 'c', 'd'])
      await put(`blob/${hash(letter)}`, letter === 'b' ? hash('a') : undefined)
    for (const letter of ['e', 'f']) await put(`file/${hash(letter)}`)
    const entry = JSON.stringify({ component: hash('b'), assets: hash('d') })
    const options = {
      artifacts,
      entries: async () => [entry],
      filesOf: async (assets: ContentHash) => (assets === hash('d') ? [hash('e')] : []),
    }
    // all of them are new
    expect(await sweep(options, Date.now() - 60_000)).toBe(0)
    // one was put again after it was looked at
    const listed = await artifacts.list()
    const again = {
      ...options,
      artifacts: Object.assign(Object.create(artifacts) as FleetArtifacts, {
        list: async () => listed.map((each) => ({ ...each, putAt: each.putAt - 1 })),
        remove: artifacts.remove.bind(artifacts),
        removeUnfinished: artifacts.removeUnfinished.bind(artifacts),
      }),
    }
    expect(await sweep(again, LATER)).toBe(0)
    expect(await sweep(options, LATER)).toBe(2)
    const left = (await artifacts.list()).map(({ name }) => name).toSorted()
    expect(left).toEqual([`blob/${hash('a')}`, `blob/${hash('b')}`, `blob/${hash('d')}`, `file/${hash('e')}`])
    expect(await artifacts.read(`blob/${hash('c')}`)).toBeUndefined()
    // chunks of what nobody has finished, and those that are still on their way
    await connection.jetstream.publish('$O.nano-test.C.BROKENOFF', 'a part')
    expect(await sweep(options, Date.now() - 60_000)).toBe(0)
    expect(await sweep(options, LATER)).toBe(1)
    const { streams } = await connection.jetstream.jetstreamManager()
    const filter = { subjects_filter: '$O.nano-test.C.>' }
    expect(Object.keys((await streams.info('OBJ_nano-test', filter)).state.subjects ?? {})).toHaveLength(4)
    // what went can come again
    await put(`blob/${hash('c')}`)
    expect(Buffer.from((await artifacts.read(`blob/${hash('c')}`))!.bytes).toString()).toBe(
      `bytes of blob/${hash('c')}`,
    )
  })
})
