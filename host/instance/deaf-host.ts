/** For an instance that nobody wants to hear of, as far as nothing else is said. */
import type { InstanceHost } from './contract.ts'

/** The part of a host that an instance tells something. */
export const DEAF = {
  onReady() {},
  line() {},
  report() {},
  mapPlaces: () => '',
  onLimit() {},
  onDenied() {},
  onRetiring() {},
  onDead() {},
} as const satisfies Partial<InstanceHost>
