/** For an instance that nobody wants to hear of, as far as nothing else is said. */
import { ClientPlaces } from '../limits/client-places.ts'
import { NO_STORAGE } from '../storage/client.ts'
import type { InstanceHost } from './contract.ts'

/** The part of a host that an instance tells something. */
export const DEAF = {
  storage: NO_STORAGE,
  webSocketPlaces: new ClientPlaces(0),
  onReady() {},
  line() {},
  report() {},
  mapPlaces: () => '',
  onLimit() {},
  onDenied() {},
  onRetiring() {},
  onDead() {},
} as const satisfies Partial<InstanceHost>
