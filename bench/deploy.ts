/**
 * Building an app, building it again from its component, and deploying a second one of an engine that the host knows already: read the file, check it, cut
 * out its image. The counters show that nothing is generated and nothing compiled for it.
 */

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { rebuildComponent } from '../host/build/build.ts'
import { readCarriedBundle } from '../host/component/carried-bundle.ts'
import { openComponent } from '../host/deploy/open-component.ts'
import { Engines } from '../host/deploy/open-engines.ts'
import { median, MIB } from './figure.ts'
import type { Bench } from './figure.ts'
import { buildExample } from './nano.ts'

const SAMPLES = 5

export async function deploy(bench: Bench): Promise<void> {
  const second = join(bench.directory, 'second.wasm')
  for (const name of ['hello', 'classic', 'rest-api']) {
    bench.tell(`building ${name}`)
    const durationMs = await buildExample(name, second)
    bench.add({ name: `build of apps/${name}`, value: durationMs, unit: 'ms' })
    const built = readFileSync(second)
    const rebuilt = await rebuildComponent({ component: built })
    if (!built.equals(rebuilt.component)) throw new Error('a component is not the same from its own bundle')
    bench.add({ name: '  again, from its own bundle', value: rebuilt.durationMs, unit: 'ms' })
    const { compressed, codeBytes } = readCarriedBundle(built)!
    bench.add({
      name: '  bundle that it carries',
      value: compressed.length,
      unit: 'B',
      note: `${codeBytes} B of code`,
    })
  }
  bench.add({ name: 'component of apps/hello', value: statSync(bench.component).size / MIB, unit: 'MiB' })

  const engines = new Engines()
  const open = async (file: string): Promise<number> => {
    const startedAt = performance.now()
    const { engineHash } = await openComponent(file, { onBuild() {}, onWarning() {} })
    await engines.open(engineHash, () => undefined)
    return performance.now() - startedAt
  }
  bench.tell('deploying')
  bench.add({ name: 'deploy of the first tenant', value: await open(bench.component), unit: 'ms' })
  const { generates, compiles } = engines.counters
  const times: number[] = []
  for (let i = 0; i < SAMPLES; i++) times.push(await open(second))
  bench.add({ name: 'deploy of a tenant of a known engine', value: median(times), unit: 'ms' })
  const after = engines.counters
  bench.add({ name: '  of that, transpiled engines', value: after.generates - generates, unit: '' })
  bench.add({ name: '  of that, compiled engines', value: after.compiles - compiles, unit: '' })
  if (after.compiles !== compiles || after.generates !== generates) {
    throw new Error('a tenant of a known engine made the host transpile or compile')
  }
}
