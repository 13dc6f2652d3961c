/**
 * Async functions that can be followed: ones that call `then`, for apps with AsyncLocalStorage. The engine gives no hook
 * when an `await` goes on, so the context of the code behind it would be lost (guest-modules/node/async_hooks.ts).
 */
import type { Plugin } from 'rolldown'
import { transformSync } from 'rolldown/utils'

/** The last edition of the language without async functions. */
const TARGET = 'es2016'
/** What it makes async functions with, for which there is a faster one that knows the context. */
const HELPER = '"@oxc-project/runtime/helpers/asyncToGenerator"'
const REQUIRED_HELPER = `require(${HELPER})`

/** The plugin; it belongs behind all other plugins that change code, since what those look for may be gone. */
export const lowerAsync = (helper: string): Plugin => ({
  name: 'nano-async',
  transform: {
    order: 'post',
    filter: { code: /\basync\b|\bawait\b/ },
    handler(code, id, { moduleType }) {
      if (!['js', 'jsx', 'ts', 'tsx'].includes(moduleType) || id.startsWith('\0rolldown')) return null
      const lang = moduleType as 'js' | 'jsx' | 'ts' | 'tsx'
      const lowered = transformSync(id, code, { lang, target: TARGET, sourcemap: true })
      // the bundler reports broken code itself, with its place
      if (lowered.errors.length > 0) return null
      // in an import, whose columns nobody asks for
      const name = JSON.stringify(helper)
      // CommonJS gets the namespace
      const own = lowered.code.replace(REQUIRED_HELPER, `require(${name}).default`).replace(HELPER, name)
      return { code: own, map: lowered.map === undefined ? null : JSON.stringify(lowered.map) }
    },
  },
})
