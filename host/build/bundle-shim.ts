/**
 * The guest shim as one module, beside the app's: neither is rewritten for the other, and a bundle that is carried from
 * another version gets whatever shim is current.
 */
import { rolldown } from 'rolldown'

const WORLD = /^nano:workers\//

/** `file` exports `start` and `turn`. */
export async function bundleShim(file: string): Promise<string> {
  const build = await rolldown({
    input: file,
    platform: 'neutral',
    tsconfig: false,
    external: WORLD,
    experimental: { attachDebugInfo: 'none' },
  })
  try {
    const { output } = await build.generate({ format: 'esm', codeSplitting: false })
    return output[0].code
  } finally {
    await build.close()
  }
}
