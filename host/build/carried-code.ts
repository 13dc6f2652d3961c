/** The code of an app into a component's carried bundle and out of it again: see `component/carried-bundle.ts`. */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { parseSync } from 'rolldown/utils'
import { WORLD } from '../../wit/text.ts'
import type { CarriedBundle } from '../component/carried-bundle.ts'
import { refuse } from '../component/read.ts'
import { BUNDLE_NAME } from '../component/source-map.ts'
import { toMapHash, type AppBundle } from './app-bundle.ts'
import { listToolchain } from './package-files.ts'

/** Beyond it, bytes are saved that cost ten times the time and more: docs/decisions/carried-bundle.md. */
const QUALITY = 5
const PACKAGE_LINE = /^package ([\w:-]+)(@[\w.-]+)?;/m

/** An app's bundle as a component of this toolchain carries it. `wit`: the world that it is built for. */
export function packBundle({ code, entry, mapHash }: AppBundle, wit: string): CarriedBundle {
  const [, name = '', version = ''] = PACKAGE_LINE.exec(wit) ?? []
  const bytes = Buffer.from(code)
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  }
  return {
    entry,
    world: `${name}/${WORLD}${version}`,
    toolchain: listToolchain(),
    mapHash,
    codeBytes: bytes.length,
    compressed: brotliCompressSync(bytes, { params }),
  }
}

/**
 * The app's bundle that a component carries. `sourceMap` is used if it is the one that belongs to it. What comes out is
 * a module that imports nothing, as a bundle of sources is. Throws COMPONENT_INVALID.
 */
export function unpackBundle(carried: CarriedBundle, sourceMap: string | undefined): AppBundle {
  const { entry, mapHash } = carried
  const code = unpack(carried)
  refuseImports(code)
  const isOwn = sourceMap !== undefined && toMapHash(sourceMap) === mapHash
  return { code, entry, mapHash, map: isOwn ? sourceMap : undefined, warnings: [] }
}

/** Never unpacks more than the bundle says, which has a bound. */
function unpack({ compressed, codeBytes }: CarriedBundle): string {
  let bytes: Uint8Array
  try {
    bytes = brotliDecompressSync(compressed, { maxOutputLength: Math.max(codeBytes, 1) })
  } catch (cause) {
    return refuse(`its bundle does not unpack to the ${codeBytes} bytes that it announces`, cause)
  }
  if (bytes.length !== codeBytes) refuse(`its bundle has ${bytes.length} bytes and announces ${codeBytes}`)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    return refuse('its bundle is not text', cause)
  }
}

function refuseImports(code: string): void {
  const { errors, module } = parseSync(BUNDLE_NAME, code)
  if (errors.length > 0) refuse(`its bundle is not a JavaScript module: ${errors[0]!.message.slice(0, 200)}`)
  const [name] = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
  ]
  if (name !== undefined) refuse(`its bundle imports ${JSON.stringify(name.slice(0, 200))}`)
  if (module.dynamicImports.length > 0) refuse('its bundle imports at run time')
}
