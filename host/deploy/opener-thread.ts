/**
 * The opener's thread: opens what it is asked for, and has the store of deployed apps. `opener.ts` starts it.
 */

import { existsSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

import { LocalStore } from '../artifacts/local-store.ts'
import type { ArtifactStore } from '../artifacts/store.ts'
import { NanoError, toFault } from '../errors.ts'
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
    return { version: store().add({ ...version, engineHash: component.engineHash }), component }
  },
  async stored({ app, component, sourceMap }, note) {
    const map = sourceMap === undefined ? undefined : store().read(sourceMap)
    const brought = { component: store().read(component), sourceMap: toSourceMap(map, note) }
    return {
      component: await openBytes(brought, app, toListener(note), { isServed }),
      componentBytes: brought.component.length,
    }
  },
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

/** Of a source map that somebody sent, what stacks need. */
function toSourceMap(bytes: Uint8Array | undefined, note: Note): string | undefined {
  return bytes === undefined ? undefined : reduceSourceMap(bytes, (text) => note({ type: 'warning', text }))
}

function tell(message: FromOpener): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(message)
}
