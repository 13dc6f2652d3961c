/**
 * Modules that stand for others, as an app's wrangler file says: `react` for `preact/compat`, and so `react/x` for
 * `preact/compat/x`. What one stands for is looked for from the folder of that file, and passes all that an import does.
 */
import { join } from 'node:path'
import type { Plugin } from 'rolldown'
import type { SourceSettings } from '../wrangler/source.ts'

/** Whoever imports by an alias, for the bundler: a file of the folder, which need not be there. */
const IMPORTER = 'wrangler'

/** The plugin. */
export function aliasPlugin({ alias, folder }: Pick<SourceSettings, 'alias' | 'folder'>): Plugin {
  // the longest first
  const names = Object.keys(alias).sort((a, b) => b.length - a.length)
  return {
    name: 'nano-aliases',
    async resolveId(source, importer, options) {
      const name = names.find((each) => source === each || source.startsWith(`${each}/`))
      if (name === undefined || importer === undefined) return null
      const target = alias[name]! + source.slice(name.length)
      return await this.resolve(target, join(folder, IMPORTER), { ...options, skipSelf: true })
    },
  }
}
