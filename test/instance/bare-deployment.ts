/** A deployment of a guest that has no shim (bare-guest.ts). */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { buildApp } from '../../host/build/build.ts'
import { splitComponent } from '../../host/component/skeleton.ts'
import type { Limits } from '../../host/config/limits.ts'
import { buildEngine } from '../../host/engine/build-engine.ts'
import { openEngine } from '../../host/engine/engine.ts'
import { loadEngine } from '../../host/engine/load.ts'
import { splitImage } from '../../host/image/image.ts'
import type { ContentSource } from '../../host/tenant/content-slot.ts'
import type { TenantParts } from '../../host/tenant/tenant.ts'
import { toSource } from '../harness/content.ts'
import { example } from '../harness/serve.ts'

export interface BareDeployment extends AsyncDisposable {
  /** What a tenant of it runs. */
  with(limits: Limits): TenantParts
  readonly source: ContentSource
}

/** Takes seconds. */
export async function openBareDeployment(): Promise<BareDeployment> {
  const directory = await mkdtemp(join(tmpdir(), 'nano-instance-'))
  const guest = fileURLToPath(new URL('bare-guest.ts', import.meta.url))
  const { component } = await buildApp({ entry: example('hello'), shim: guest })
  const engine = openEngine(await buildEngine(component, directory))
  const { segments, memoryMinPages } = splitComponent(component)
  const parts = {
    name: 'bare',
    id: 1,
    engine: loadEngine(engine),
    image: splitImage(segments, memoryMinPages),
    env: { KEY: { type: 'text', value: 'value' } as const },
  }
  return {
    with: (limits) => ({ ...parts, limits }),
    source: toSource({ image: parts.image }),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}
