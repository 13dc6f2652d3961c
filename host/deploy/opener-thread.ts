/**
 * The opener's thread: opens what it is asked for, and has the store of deployed apps. `opener.ts` starts it.
 */

import { existsSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

import { shareManifest } from '../assets/manifest.ts'
import type { AssetManifest, SharedManifest } from '../assets/manifest.ts'
import { toContentHash } from '../artifacts/blobs.ts'
import type { NewAssets } from '../assets/new-assets.ts'
import { LocalStore } from '../artifacts/local-store.ts'
import type { ArtifactStore, StoredVersion } from '../artifacts/store.ts'
import { NanoError, toNanoError } from '../errors.ts'
import { isOci } from '../config/oci-reference.ts'
import type { Digest } from '../config/oci-reference.ts'
import { opensGate } from '../config/foreign-settings.ts'
import { collectGarbage } from '../limits/collect.ts'
import { stepBack } from '../limits/step-back.ts'
import { answerAll } from './answering.ts'
import { toSeal } from './env-image.ts'
import type { Seal } from './env-image.ts'
import { ImageFiles, toRef } from './image-files.ts'
import type { KeptImage } from './image-files.ts'
import { findArtifact } from './open-artifact.ts'
import { isComponent, openBytes, openComponent, readComponentFile, rebuildFor } from './open-component.ts'
import type { Brought, OpenListener, SourceAccess, SplitComponent } from './open-component.ts'
import { Engines, findOwnCache } from './open-engines.ts'
import { expectReference, Registries } from './pull-artifact.ts'
import { reduceSourceMap } from './read-source-map.ts'
import { isSettled, readStamps } from './stamp.ts'
import type { OpenComponent, OpenerData, OpeningNote, Origin, Requests } from './opening.ts'

type Note = (note: OpeningNote) => void

const { engines: admitted, dataDirectory } = workerData as OpenerData

stepBack()
let opened: ArtifactStore | undefined
const engines = new Engines(admitted)
const images = new ImageFiles(findOwnCache())
const registries = new Registries()
/** What references of registries have led to. */
const pinned = new Map<string, string>()
const isServed = (hash: string): boolean => engines.serves(hash)
/** Of images that no app of this server has: those of versions before, of apps that are gone, and of other servers. */
const SPARE_BYTES = 1024 * 1024 * 1024
/** It was said that images cannot be kept. */
let isWarned = false
/** Among what is known of images. */
const ENV_IMAGE = 'env'

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
  onPulled: (text: string) => note({ type: 'pulled', text }),
})

answerAll<Requests, OpeningNote>({
  async component(ask, note) {
    const component = await (isOci(ask.path) ? openArtifact : openFile)(ask, note)
    const { assets, assetsWithin } = ask.access
    if (assets === undefined) return component
    return { ...component, assets: await openAssets(assets, assetsWithin, note) }
  },
  async pull({ reference, oci }) {
    const { files } = store()
    const pulled = await registries.pull(expectReference(reference), { settings: oci, files })
    const { component, sourceMap, assets, digest, settings } = pulled
    return { component, sourceMap, assets, digest, settings: settings && JSON.stringify(settings) }
  },
  'name-pulled'(references) {
    // who has kept nothing yet has no directory
    const isKept = opened !== undefined || existsSync(dataDirectory ?? '')
    if (isKept && store().pulled.name(references) > 0) store().collect()
    return undefined
  },
  file: ({ path, access }, note) => readComponentFile(path, toListener(note), access),
  async engine(hash, note) {
    // counts for itself
    const own = new Engines(admitted)
    const engine = await own.open(hash, () => note({ type: 'generating' }))
    // the bytes that it was compiled from, which V8 has a copy of
    collectGarbage()
    return { engine, counters: own.counters }
  },
  async add(version, note) {
    const brought = { component: version.component, sourceMap: toSourceMap(version.sourceMap, note) }
    const split = await openBytes(brought, version.app, toListener(note), toTerms(version))
    const { engineHash } = split
    engines.expectKnown(engineHash)
    const kept = keep(split, note)
    const added = store().add({ ...version, engineHash, image: toText(kept) })
    const origin: Origin = { type: 'stored', ask: added }
    return { version: added, component: { ...kept, origin, assets: findAssets(added) } }
  },
  async stored(version, note) {
    const { app, component, sourceMap } = version
    const map = sourceMap === undefined ? undefined : store().read(sourceMap)
    const brought = { component: store().read(component), sourceMap: toSourceMap(map, note) }
    const kept = keep(await openBytes(brought, app, toListener(note), toTerms(version)), note)
    const image = toText(kept)
    if (image !== undefined && image !== version.image) store().setImage(version, image)
    return {
      component: {
        ...kept,
        origin: { type: 'stored', ask: { ...version, image } },
        assets: findAssets(version),
      },
      componentBytes: brought.component.length,
    }
  },
  async 'env-image'(ask, note) {
    const { origin, reads, env, isAnew = false } = ask
    const asyncStacks = origin.type === 'component' && origin.ask.access.asyncStacks === true
    const sealed = toSeal(asyncStacks ? `${reads.component} async` : reads.component, env)
    const opened = { origin: { type: 'env-image', ask } as const, key: sealed.key }
    const known = isAnew ? undefined : images.find(ENV_IMAGE, [sealed.id])
    if (known !== undefined && isServed(known.engineHash)) {
      return { component: { ...known, ...opened }, isMade: false }
    }
    const brought = await bring(origin, note)
    if (toContentHash(brought.component) !== reads.component) {
      throw new NanoError('COMPONENT_INVALID', 'the component was written while it was read; reload')
    }
    const split = await rebuildFor({ brought, reads, env, asyncStacks }, toListener(note))
    const kept = keep(split, note, sealed)
    const { engineHash, image, held } = kept
    if (held === undefined) images.note(ENV_IMAGE, [sealed.id], { engineHash, image })
    return { component: { ...kept, ...opened }, isMade: true }
  },
  assets: findAssets,
  'missing-files': (hashes) => store().files.missing(hashes),
  'put-file'({ hash, bytes }) {
    store().files.put(hash, bytes)
    return undefined
  },
  read: (hash) => store().read(hash),
  // who has deployed nothing yet has no directory
  apps: () =>
    (opened === undefined && !existsSync(dataDirectory ?? '') ? [] : store().apps()).map(
      ({ active, canary, ...app }) => ({
        ...app,
        active: toServed(active),
        ...(canary === undefined ? {} : { canary: { ...canary, version: toServed(canary.version) } }),
      }),
    ),
  versions: (app) => store().versions(app),
  activate: (active) => store().activate(active),
  mirror({ app, versions }) {
    store().mirror(app, versions)
    return undefined
  },
  missing: (hashes) => store().missing(hashes),
  pack: (hash) => store().pack(hash),
  unpack({ hash, bytes }) {
    store().unpack(hash, bytes)
    return undefined
  },
  'read-file': (hash) => store().files.read(hash),
  remove(app) {
    const wasThere = store().remove(app)
    store().collect()
    return wasThere
  },
  prune: (named) => images.prune(new Set(named), SPARE_BYTES),
})

/** How the component of a version is opened. */
function toTerms({ settings }: Pick<StoredVersion, 'settings'>) {
  return { isServed, isForeign: opensGate(settings) }
}

/** The bytes of a component again. What was said of them was said. */
async function bring(origin: Requests['env-image']['ask']['origin'], note: Note): Promise<Brought> {
  if (origin.type === 'component' && isOci(origin.ask.path)) {
    const { path, access } = origin.ask
    return await bringArtifact(path, access)
  }
  if (origin.type === 'component') {
    const onBuild = (): void => note({ type: 'building' })
    return await readComponentFile(origin.ask.path, { onBuild, onWarning() {} }, origin.ask.access)
  }
  return toBrought(origin.ask)
}

/** What is kept. */
function toBrought({ component, sourceMap }: Pick<StoredVersion, 'component' | 'sourceMap'>): Brought {
  const map = sourceMap === undefined ? undefined : store().read(sourceMap)
  return { component: store().read(component), sourceMap: map && reduceSourceMap(map, () => {}) }
}

async function bringArtifact(path: string, access: SourceAccess): Promise<Brought> {
  const kept = dataDirectory === undefined ? undefined : store().pulled.find(path)
  if (kept !== undefined) return toBrought(kept)
  const reference = expectReference(path)
  const digest = pinned.get(path) as Digest | undefined
  const pulled = await registries.pull(
    { ...reference, digest },
    { settings: access.oci, files: undefined, isTrial: true },
  )
  return {
    component: pulled.component,
    sourceMap: pulled.sourceMap && reduceSourceMap(pulled.sourceMap, () => {}),
  }
}

/** The component at a path, or built from it. One that was checked before and is the same file is not read again. */
async function openFile(ask: Requests['component']['ask'], note: Note): Promise<OpenComponent> {
  const { path, access, isAnew = false } = ask
  const origin: Origin = { type: 'component', ask: { path, access } }
  const paths = isComponent(path) ? [path, `${path}.map`] : []
  const stamps = readStamps(paths)
  const isKeptAsImage = paths.length > 0 && access.isForeign !== true
  const known = isAnew || !isKeptAsImage ? undefined : images.find(path, stamps)
  if (known !== undefined && isServed(known.engineHash)) return { ...known, origin }
  const listener = toListener(note)
  let isQuiet = true
  const onWarning = (text: string): void => {
    isQuiet = false
    listener.onWarning(text)
  }
  const watched: OpenListener = { ...listener, onWarning }
  const kept = keep(await openComponent(path, watched, { ...access, isServed }), note)
  // what was said has to be said again
  const isToBeNoted = isKeptAsImage && isQuiet && kept.held === undefined
  if (isToBeNoted && isSettled(paths) && readStamps(paths).join() === stamps.join()) {
    images.note(path, stamps, toKept(kept))
  }
  return { ...kept, origin }
}

/** The component that a reference of a registry leads to, with its files. */
async function openArtifact(ask: Requests['component']['ask'], note: Note): Promise<OpenComponent> {
  const { path, access, isAnew = false } = ask
  const listener = toListener(note)
  const found = await findArtifact(
    { path, access, isAgain: isAnew },
    { store: dataDirectory === undefined ? undefined : store(), registries, listener, isServed, pinned },
  )
  const { digest, settings, assets } = found
  const origin: Origin = { type: 'component', ask: { path, access } }
  const isForeign = access.isForeign === true
  const known = isAnew || isForeign ? undefined : images.find(path, [digest])
  const isKnown = known !== undefined && isServed(known.engineHash)
  const kept = isKnown ? known : keep(await found.split(), note)
  const isHeld = 'held' in kept && kept.held !== undefined
  if (!isKnown && !isHeld && !isForeign) images.note(path, [digest], toKept(kept))
  const hasFiles = assets !== undefined && access.isTrial !== true
  const shared = hasFiles ? toManifest(JSON.parse(Buffer.from(assets).toString()) as NewAssets) : undefined
  return { ...kept, origin, pulled: { digest, settings }, ...(shared && { assets: shared }) }
}

/** Files of a directory. Most apps have none: what reads them is loaded when one does. */
async function openAssets(
  directory: string,
  within: readonly string[] | undefined,
  note: Note,
): Promise<SharedManifest> {
  const { scanAssets } = await import('./scan-assets.ts')
  const { manifest, inputs, warnings } = scanAssets(directory, within)
  note({ type: 'inputs', paths: inputs })
  for (const text of warnings) note({ type: 'warning', text: `${directory}: ${text}` })
  return shareManifest(manifest)
}

/** Files that were deployed with a version. */
function findAssets({ assets }: StoredVersion): SharedManifest | undefined {
  if (assets === undefined) return undefined
  return toManifest(JSON.parse(Buffer.from(store().read(assets)).toString()) as NewAssets)
}

function toManifest({ files, headers, redirects }: NewAssets): SharedManifest {
  const entries = Object.entries(files).map(([path, file]) => [
    path,
    { ...file, ...store().files.find(file.hash) },
  ])
  const { root } = store().files
  return shareManifest({
    root,
    headers,
    redirects,
    files: Object.fromEntries(entries) as AssetManifest['files'],
  })
}

/** Keeps what a component comes to on the disk, or else holds it. Of an engine that is not served nothing is left behind. */
function keep(
  { engineHash, content, reads, foreign }: SplitComponent,
  note: Note,
  sealed?: Seal,
): Omit<OpenComponent, 'origin'> {
  try {
    if (isServed(engineHash)) return { ...images.keep(engineHash, content, sealed), reads, foreign }
  } catch (thrown) {
    const { message } = toNanoError(thrown)
    if (!isWarned) note({ type: 'warning', text: `${message}; those of all apps stay in memory` })
    isWarned = true
  }
  return { engineHash, image: toRef(engineHash, content, sealed), held: content, reads, foreign }
}

function toKept({ engineHash, image, reads }: KeptImage): KeptImage {
  return { engineHash, image, reads }
}

/** Undefined: it has to be opened each time, for what serves it may be gone. */
function toText(kept: Omit<OpenComponent, 'origin'>): string | undefined {
  return kept.foreign === undefined ? JSON.stringify(toKept(kept)) : undefined
}

/** What is known of a component is of use only where its engine is served. */
function toServed(version: StoredVersion): StoredVersion {
  if (version.image === undefined) return version
  const { engineHash } = JSON.parse(version.image) as KeptImage
  return isServed(engineHash) ? version : { ...version, image: undefined }
}

/** Of a source map that somebody sent, what stacks need. */
function toSourceMap(bytes: Uint8Array | undefined, note: Note): string | undefined {
  return bytes === undefined ? undefined : reduceSourceMap(bytes, (text) => note({ type: 'warning', text }))
}
