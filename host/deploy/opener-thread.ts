/**
 * The opener's thread: opens what it is asked for, and has the store of deployed apps. `opener.ts` starts it.
 */

import { existsSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

import { shareManifest } from '../assets/manifest.ts'
import type { AssetManifest } from '../assets/manifest.ts'
import type { NewAssets } from '../assets/new-assets.ts'
import { LocalStore } from '../artifacts/local-store.ts'
import type { ArtifactStore, StoredVersion } from '../artifacts/store.ts'
import { NanoError, toFault } from '../errors.ts'
import type { OpenComponent } from './open-component.ts'
import { openBytes, openComponent, readComponentFile } from './open-component.ts'
import { Engines } from './open-engines.ts'
import { reduceSourceMap } from './read-source-map.ts'
import type { Asked, FromOpener, OpenerData, OpeningNote, Outcome, Requests, RequestType } from './opening.ts'

type Note = (note: OpeningNote) => void
type Answers = {
  readonly [Type in RequestType]: (
    ask: Requests[Type]['ask'],
    note: Note,
  ) => Requests[Type]['answer'] | Promise<Requests[Type]['answer']>
}

const { engines: admitted, dataDirectory } = workerData as OpenerData

let opened: ArtifactStore | undefined
const engines = new Engines(admitted)
const isServed = (hash: string): boolean => engines.serves(hash)

/** Opened by the first who asks: who deploys nothing needs none. */
function store(): ArtifactStore {
  if (dataDirectory === undefined)
    throw new NanoError('STORAGE_FAILED', 'there is no data directory; give --data-dir')
  return (opened ??= new LocalStore(dataDirectory))
}

const toListener = (note: Note) => ({
  onBuild: () => note({ type: 'building' }),
  onWarning: (text: string) => note({ type: 'warning', text }),
  onInputs: (paths: readonly string[]) => note({ type: 'inputs', paths }),
})

const answers: Answers = {
  component: ({ path, access }, note) => openComponent(path, toListener(note), { ...access, isServed }),
  file: ({ path, access }, note) => readComponentFile(path, toListener(note), access),
  async engine(hash, note) {
    // counts for itself
    const own = new Engines(admitted)
    return {
      engine: await own.open(hash, () => note({ type: 'generating' })),
      counters: own.counters,
    }
  },
  async add(version, note) {
    const brought = { component: version.component, sourceMap: toSourceMap(version.sourceMap, note) }
    const component = await openBytes(brought, version.app, toListener(note), { isServed })
    engines.expectKnown(component.engineHash)
    const kept = store().add({ ...version, engineHash: component.engineHash })
    return { version: kept, component: withAssets(component, kept) }
  },
  async stored(version, note) {
    const { app, component, sourceMap } = version
    const map = sourceMap === undefined ? undefined : store().read(sourceMap)
    const brought = { component: store().read(component), sourceMap: toSourceMap(map, note) }
    const opened = await openBytes(brought, app, toListener(note), { isServed })
    return {
      component: withAssets(opened, version),
      componentBytes: brought.component.length,
    }
  },
  'missing-files': (hashes) => store().files.missing(hashes),
  'put-file': ({ hash, bytes }) => void store().files.put(hash, bytes),
  read: (hash) => store().read(hash),
  // who has deployed nothing yet has no directory
  apps: () => (opened === undefined && !existsSync(dataDirectory ?? '') ? [] : store().apps()),
  versions: (app) => store().versions(app),
  activate: ({ app, number, canary }) => store().activate(app, number, canary),
  remove(app) {
    const wasThere = store().remove(app)
    store().collect()
    return wasThere
  },
}

parentPort?.on('message', (asked: Asked) => {
  void settle(asked, (note) => tell({ id: asked.id, note })).then((outcome) =>
    tell({ id: asked.id, outcome }),
  )
})

async function settle({ type, ask }: Asked, note: Note): Promise<Outcome> {
  try {
    return { answer: await (answers[type] as (ask: unknown, note: Note) => unknown)(ask, note) }
  } catch (thrown) {
    return { fault: toFault(thrown) }
  }
}

/** The component with the files that were deployed with it. */
function withAssets(component: OpenComponent, { assets }: StoredVersion): OpenComponent {
  if (assets === undefined) return component
  const { files, headers, redirects } = JSON.parse(Buffer.from(store().read(assets)).toString()) as NewAssets
  const entries = Object.entries(files).map(([path, file]) => [
    path,
    { ...file, ...store().files.find(file.hash) },
  ])
  const { root } = store().files
  const manifest = { root, headers, redirects, files: Object.fromEntries(entries) as AssetManifest['files'] }
  return { ...component, assets: shareManifest(manifest) }
}

/** Of a source map that somebody sent, what stacks need. */
function toSourceMap(bytes: Uint8Array | undefined, note: Note): string | undefined {
  return bytes === undefined ? undefined : reduceSourceMap(bytes, (text) => note({ type: 'warning', text }))
}

function tell(message: FromOpener): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(message)
}
