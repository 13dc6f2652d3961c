/** A component's file and the source map beside it, made again for the current engine: `nano-workers build app.wasm`. */
import { checkSize } from '../component/read.ts'
import { NanoError } from '../errors.ts'
import { readRegularFile } from './read-file.ts'
import { readMapText } from './read-source-map.ts'

type Rebuild = (typeof import('../build/build.ts'))['rebuildComponent']
type Options = Omit<Parameters<Rebuild>[0], 'component' | 'sourceMap'>

/** Errors and warnings name the path. */
export async function rebuildFile(path: string, options: Options): ReturnType<Rebuild> {
  const mapPath = `${path}.map`
  const warn = (text: string) =>
    options.onWarning?.(`${mapPath}: the source map ${text}; the component comes without one`)
  try {
    const component = readRegularFile(path, checkSize)
    const sourceMap = readMap(mapPath, warn)
    const { rebuildComponent } = await import('../build/build.ts')
    const made = await rebuildComponent({ ...options, component, sourceMap })
    if (sourceMap !== undefined && made.sourceMap === undefined) {
      warn('is not the one that the component was built with')
    }
    return made
  } catch (error) {
    if (!(error instanceof NanoError)) throw error
    throw new NanoError(error.code, `${path}: ${error.message}`, { cause: error })
  }
}

function readMap(path: string, warn: (text: string) => void): string | undefined {
  try {
    return readMapText(path)
  } catch (error) {
    if (!(error instanceof NanoError)) throw error
    warn(`cannot be used: ${error.message}`)
    return undefined
  }
}
