/**
 * Attempts to deploy a file while a server with a well-behaved tenant goes on serving: what becomes of each, and at the
 * end that nothing has changed for those who run.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { ExpectStatic } from 'vitest'

import { NanoError } from '../../host/errors.ts'
import { buildFixture } from './component.ts'
import { load } from './load.ts'
import { NEIGHBOUR, watchNeighbour } from './neighbour.ts'
import { serve } from './serve.ts'

export interface Outcome {
  /** An error's, or `served`. */
  readonly code: string
  readonly text: string
  readonly ms: number
}

export interface Deploys extends AsyncDisposable {
  /** A component that can be served. */
  readonly good: Uint8Array
  /** A new file with these bytes; it is gone after the next `outcomeOf`. */
  write(bytes: Uint8Array | string): string
  outcomeOf(file: string, limits?: object): Promise<Outcome>
  /** Nothing was generated or evaluated, nothing logged, and the neighbour was always answered. */
  expectPeace(expect: ExpectStatic): Promise<void>
}

const BUILDERS = /jco|componentize/

export async function watchDeploys(): Promise<Deploys> {
  const good = await buildFixture('memory')
  const folder = mkdtempSync(join(tmpdir(), 'nano-bad-'))
  const server = await serve([NEIGHBOUR])
  await server.send('neighbour.test', '/')
  const neighbour = watchNeighbour(server)
  const globals = listGlobals()
  const loaded: string[] = []
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      loaded.push(specifier)
      return next(specifier, context)
    },
  })
  let written = 0
  return {
    good,
    write(bytes) {
      const file = join(folder, `${++written}.wasm`)
      writeFileSync(file, bytes)
      return file
    },
    async outcomeOf(file, limits = {}) {
      const text = JSON.stringify({ apps: [{ name: 'bad', path: file, ...limits }] })
      const start = performance.now()
      const outcome = await load(text, join(folder, 'nano.json')).then(
        () => ({ code: 'served', text: '' }),
        toOutcome,
      )
      const ms = performance.now() - start
      rmSync(file)
      const { status } = await server.send('neighbour.test', '/')
      if (status !== 200) throw new Error(`the neighbour got ${status}`)
      return { ...outcome, ms }
    },
    async expectPeace(expect) {
      expect((await neighbour.stop()).answers).toBeGreaterThan(10)
      expect(listGlobals()).toEqual(globals)
      expect(loaded.filter((specifier) => BUILDERS.test(specifier))).toEqual([])
      expect(server.log).toEqual([])
      expect(await server.counters()).toMatchObject({ instances: 1, traps: 0 })
    },
    async [Symbol.asyncDispose]() {
      hooks.deregister()
      await server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

function toOutcome(error: unknown): { code: string; text: string } {
  if (!(error instanceof NanoError)) throw error
  return { code: error.code, text: error.message }
}

function listGlobals(): string[] {
  return [globalThis, Object.prototype, Array.prototype].flatMap((object) =>
    Object.getOwnPropertyNames(object),
  )
}
