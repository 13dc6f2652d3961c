/** `node:module`: an app is one module, and nothing can be loaded at run time. */

import unenv from 'unenv/node/module'

const base = unenv as unknown as typeof import('node:module')

const fail = (name: string): never => {
  throw Object.assign(
    new Error(`Cannot find module '${name}': this module was not there when the app was built`),
    {
      code: 'MODULE_NOT_FOUND',
    },
  )
}

export function createRequire(): (name: string) => unknown {
  return Object.assign((name: string) => fail(name), {
    resolve: fail,
    cache: {},
    extensions: {},
    main: undefined,
  })
}

export const { builtinModules, isBuiltin } = base
const { Module } = base
export { Module }
export default Object.assign(Object.create(null) as object, unenv, { createRequire })
