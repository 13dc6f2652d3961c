/**
 * Async functions that can be followed: ones that call `then`, for apps with AsyncLocalStorage. The engine gives no hook
 * when an `await` goes on, so the context of the code behind it would be lost (guest-modules/node/async_hooks.ts).
 */
import type { Plugin } from 'rolldown'
import { transformSync } from 'rolldown/utils'

/** The last edition of the language without async functions. */
const TARGET = 'es2016'

/** Belongs behind all other plugins that change code: what those look for may be gone. */
export const lowerAsync: Plugin = {
  name: 'nano-async',
  transform: {
    order: 'post',
    filter: { code: /\basync\b|\bawait\b/ },
    handler(code, id, { moduleType }) {
      if (!['js', 'jsx', 'ts', 'tsx'].includes(moduleType) || id.startsWith('\0rolldown')) return null
      const {
        code: lowered,
        map,
        errors,
      } = transformSync(id.replace(/\?.*$/, ''), code, {
        lang: moduleType as 'js' | 'jsx' | 'ts' | 'tsx',
        target: TARGET,
        sourcemap: true,
      })
      // the bundler reports broken code itself, with its place
      return errors.length > 0 ? null : { code: lowered, map: map === undefined ? null : JSON.stringify(map) }
    },
  },
}
