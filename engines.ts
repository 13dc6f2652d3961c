/**
 * Writes the engines that a release carries: every engine of engines.json, generated, its modules compressed, in `engines/`.
 * Run when the package is packed, so that a host without the build toolchain serves at once (host/engine/engine.ts).
 *
 *     node engines.ts    write them
 */

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, zstdCompressSync } from 'node:zlib'

import { buildEngineTemplate } from './host/build/engine-template.ts'
import { buildEngine, hasEngine, toEngineDirectory } from './host/engine/build-engine.ts'
import { COMPRESSED } from './host/engine/engine.ts'
import { readKnownEngines } from './host/engine/known.ts'

/** What this costs is paid once, and saves every installation a tenth. */
const LEVEL = 19

const ROOT = import.meta.dirname
const made = mkdtempSync(join(tmpdir(), 'nano-engines-'))
const known = readKnownEngines()
rmSync(join(ROOT, 'engines'), { recursive: true, force: true })
for (const { hash } of known.engines) {
  const world = known.worldOf(hash)
  if (world === undefined) continue
  // oxlint-disable-next-line no-await-in-loop -- the toolchain makes one after the other
  await buildEngine(await buildEngineTemplate(world), made)
  if (!hasEngine(made, hash))
    throw new Error(`the toolchain makes another engine for the world ${world} than ${hash}`)
  const [from, to] = [toEngineDirectory(made, hash), toEngineDirectory(ROOT, hash)]
  cpSync(from, to, { recursive: true })
  for (const name of readdirSync(to).filter((each) => each.endsWith('.wasm'))) {
    const params = { [constants.ZSTD_c_compressionLevel]: LEVEL }
    writeFileSync(join(to, name + COMPRESSED), zstdCompressSync(readFileSync(join(from, name)), { params }))
    rmSync(join(to, name))
  }
}
rmSync(made, { recursive: true })
