/**
 * The entry file under another name while it is bundled. The bundler names variables after files, and an `index` file's
 * after its directory: two checkouts of one app would differ. With the alias every entry is called the same.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import type { Plugin } from 'rolldown'

const RELATIVE = /^\.{0,2}\//

export interface EntryAlias {
  /** A path beside the entry where no file is. */
  readonly path: string
  /** The entry for the alias, any other path as it is. */
  readonly toReal: (path: string) => string
  readonly plugin: Plugin
}

/** An alias for the entry file, and the plugin that lets every import of the entry find it. */
export function createEntryAlias(entry: string): EntryAlias {
  const path = findFreePath(entry)
  return {
    path,
    toReal: (given) => (given === path ? entry : given),
    plugin: {
      name: 'nano-entry-alias',
      resolveId: {
        filter: { id: RELATIVE },
        async handler(source, importer, options) {
          if (source === entry) return path
          if (importer === undefined) return null
          const resolved = await this.resolve(source, importer, { ...options, skipSelf: true })
          return resolved?.id === entry ? path : resolved
        },
      },
      load: (id) => (id === path ? readFile(entry, 'utf8') : null),
    },
  }
}

function findFreePath(entry: string): string {
  for (let stem = 'app'; ; stem += '_') {
    const path = join(dirname(entry), stem + extname(entry))
    if (!existsSync(path)) return path
  }
}
