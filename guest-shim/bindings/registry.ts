/** The guest's half of every interface. Written by wit/generate.ts; to change it, change what it is written from. */
import { binding as assetsBinding } from './assets.ts'
import { binding as backgroundBinding } from './background.ts'
import { binding as cacheBinding } from './cache.ts'
import { binding as callsBinding } from './calls.ts'
import { binding as connectionsBinding } from './connections.ts'
import { binding as consoleBinding } from './console.ts'
import { binding as cryptoBinding } from './crypto.ts'
import { binding as dataBinding } from './data.ts'
import { binding as durableStorageBinding } from './durable-storage.ts'
import { binding as durableBinding } from './durable.ts'
import { binding as hibernationBinding } from './hibernation.ts'
import { binding as kvBinding } from './kv.ts'
import { binding as languageBinding } from './language.ts'
import { binding as objectsBinding } from './objects.ts'
import { binding as outboundBinding } from './outbound.ts'
import { binding as queuesBinding } from './queues.ts'
import { binding as rateLimitBinding } from './rate-limit.ts'
import { binding as requestBodyBinding } from './request-body.ts'
import { binding as responseBinding } from './response.ts'
import { binding as scheduledBinding } from './scheduled.ts'
import { binding as sqlBinding } from './sql.ts'
import { binding as timerBinding } from './timer.ts'
import { binding as webSocketsBinding } from './web-sockets.ts'

/** Who takes an event. */
export const handlers = {
  ...assetsBinding.events,
  ...backgroundBinding.events,
  ...cacheBinding.events,
  ...callsBinding.events,
  ...connectionsBinding.events,
  ...consoleBinding.events,
  ...cryptoBinding.events,
  ...dataBinding.events,
  ...durableStorageBinding.events,
  ...durableBinding.events,
  ...hibernationBinding.events,
  ...kvBinding.events,
  ...languageBinding.events,
  ...objectsBinding.events,
  ...outboundBinding.events,
  ...queuesBinding.events,
  ...rateLimitBinding.events,
  ...requestBodyBinding.events,
  ...responseBinding.events,
  ...scheduledBinding.events,
  ...sqlBinding.events,
  ...timerBinding.events,
  ...webSocketsBinding.events,
}

/** Everyone who may have something for `env`. */
export const bindings = [assetsBinding, backgroundBinding, cacheBinding, callsBinding, connectionsBinding, consoleBinding, cryptoBinding, dataBinding, durableStorageBinding, durableBinding, hibernationBinding, kvBinding, languageBinding, objectsBinding, outboundBinding, queuesBinding, rateLimitBinding, requestBodyBinding, responseBinding, scheduledBinding, sqlBinding, timerBinding, webSocketsBinding]
