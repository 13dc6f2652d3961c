/**
 * The guest shim as one module, beside the app's: neither is rewritten for the other, and a bundle that is carried from
 * another version gets whatever shim is current.
 */
import { rolldown, type Plugin } from 'rolldown'
import { withVersion } from '../../wit/text.ts'

const WORLD = /^nano:workers\//

/** The world's interfaces are the engine's to give; the shim names them without their version. */
const worldPlugin: Plugin = {
  name: 'nano-world',
  resolveId: (source) => (WORLD.test(source) ? { id: withVersion(source), external: true } : null),
}

/** The text of the shim is in each image, and its functions are known by their names. */
const SHORT = { compress: false, mangle: { keepNames: true }, codegen: true } as const

/** `file` exports `start` and `turn`. */
export async function bundleShim(file: string): Promise<string> {
  const build = await rolldown({
    input: file,
    platform: 'neutral',
    tsconfig: false,
    plugins: [worldPlugin],
    experimental: { attachDebugInfo: 'none' },
  })
  try {
    const { output } = await build.generate({ format: 'esm', codeSplitting: false, minify: SHORT })
    return output[0].code
  } finally {
    await build.close()
  }
}
