/**
 * Enters an engine once before there are clients, so that the first of them does not wait for V8 to compile what every
 * turn runs. An app's image is needed for it, and whose that is cannot be trusted: it gets a bounded time, and the app's
 * handlers are not called. The guest starts, is told that a timer is due of which it knows nothing, and is dropped.
 */
import { openDialer } from '../bindings/dialer.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import type { Epoch } from '../limits/epoch.ts'
import { CpuClock } from '../limits/cpu-clock.ts'
import { JobPool } from '../limits/job-pool.ts'
import type { InstanceHost, InstanceParts } from './contract.ts'
import { DEAF } from './deaf-host.ts'
import { Instance } from './turn.ts'

/** Whether the engine is warm: false when this app's image cannot be started, or does not come to an end. */
export function warmUp(parts: InstanceParts, epoch: Epoch): boolean {
  using dialer = openDialer({ allow: [] })
  const host: InstanceHost = {
    ...DEAF,
    dialer,
    epoch,
    buffers: new ByteBudget(0),
    clock: new CpuClock(),
    jobs: new JobPool().open(),
  }
  const limits = { ...parts.limits, cpuMs: parts.engine.warmUpMs, recycleRequests: 1 }
  try {
    using instance = new Instance(0, { ...parts, env: {}, limits }, host)
    instance.post({ tag: 'timer-due' }, 0)
    host.clock.begin()
    instance.run()
    return instance.state !== 'dead'
  } catch {
    // the app says so itself, to its first client
    return false
  }
}
