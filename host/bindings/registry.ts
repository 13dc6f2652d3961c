/** The host's half of every interface. Written by wit/generate.ts; to change it, change what it is written from. */
import { bind as assetsBinding } from './assets.ts'
import { bind as backgroundBinding } from './background.ts'
import { bind as cacheBinding } from './cache.ts'
import { bind as callsBinding } from './calls.ts'
import { bind as connectionsBinding } from './connections.ts'
import { bind as consoleBinding } from './console.ts'
import { bind as cryptoBinding } from './crypto.ts'
import { bind as dataBinding } from './data.ts'
import { bind as durableStorageBinding } from './durable-storage.ts'
import { bind as durableBinding } from './durable.ts'
import { bind as hibernationBinding } from './hibernation.ts'
import { bind as kvBinding } from './kv.ts'
import { bind as languageBinding } from './language.ts'
import { bind as objectsBinding } from './objects.ts'
import { bind as outboundBinding } from './outbound.ts'
import { bind as queuesBinding } from './queues.ts'
import { bind as rateLimitBinding } from './rate-limit.ts'
import { bind as requestBodyBinding } from './request-body.ts'
import { bind as responseBinding } from './response.ts'
import { bind as scheduledBinding } from './scheduled.ts'
import { bind as sqlBinding } from './sql.ts'
import { bind as timerBinding } from './timer.ts'
import { bind as webSocketsBinding } from './web-sockets.ts'
import type { Imports } from '../../wit/worlds.ts'
import type { BindingContext } from './binding.ts'

/** For one instance, by interface. */
export function bindAll(context: BindingContext) {
  return {
    'assets': assetsBinding(context),
    'background': backgroundBinding(context),
    'cache': cacheBinding(context),
    'calls': callsBinding(context),
    'connections': connectionsBinding(context),
    'console': consoleBinding(context),
    'crypto': cryptoBinding(context),
    'data': dataBinding(context),
    'durable-storage': durableStorageBinding(context),
    'durable': durableBinding(context),
    'hibernation': hibernationBinding(context),
    'kv': kvBinding(context),
    'language': languageBinding(context),
    'objects': objectsBinding(context),
    'outbound': outboundBinding(context),
    'queues': queuesBinding(context),
    'rate-limit': rateLimitBinding(context),
    'request-body': requestBodyBinding(context),
    'response': responseBinding(context),
    'scheduled': scheduledBinding(context),
    'sql': sqlBinding(context),
    'timer': timerBinding(context),
    'web-sockets': webSocketsBinding(context),
  }
}

/** As the world names them. */
export function toImports(all: ReturnType<typeof bindAll>): Imports {
  return {
    'nano:workers/assets': all['assets'].imports,
    'nano:workers/background': all['background'].imports,
    'nano:workers/cache': all['cache'].imports,
    'nano:workers/calls': all['calls'].imports,
    'nano:workers/connections': all['connections'].imports,
    'nano:workers/console': all['console'].imports,
    'nano:workers/crypto': all['crypto'].imports,
    'nano:workers/data': all['data'].imports,
    'nano:workers/durable-storage': all['durable-storage'].imports,
    'nano:workers/durable': all['durable'].imports,
    'nano:workers/hibernation': all['hibernation'].imports,
    'nano:workers/kv': all['kv'].imports,
    'nano:workers/language': all['language'].imports,
    'nano:workers/objects': all['objects'].imports,
    'nano:workers/outbound': all['outbound'].imports,
    'nano:workers/queues': all['queues'].imports,
    'nano:workers/rate-limit': all['rate-limit'].imports,
    'nano:workers/request-body': all['request-body'].imports,
    'nano:workers/response': all['response'].imports,
    'nano:workers/scheduled': all['scheduled'].imports,
    'nano:workers/sql': all['sql'].imports,
    'nano:workers/timer': all['timer'].imports,
    'nano:workers/web-sockets': all['web-sockets'].imports,
  }
}

/** The interface that each event comes from. */
export const EVENT_OWNERS: { readonly [event: string]: keyof ReturnType<typeof bindAll> } = {
  'called': 'calls',
  'connection-ready': 'connections',
  'connection-data': 'connections',
  'connection-failed': 'connections',
  'connection-writable': 'connections',
  'crypto-done': 'crypto',
  'data-answered': 'data',
  'data-body': 'data',
  'data-failed': 'data',
  'data-writable': 'data',
  'durable-stored': 'durable-storage',
  'alarm': 'durable',
  'kept-message': 'hibernation',
  'kept-closed': 'hibernation',
  'answered': 'outbound',
  'answer-body': 'outbound',
  'fetch-failed': 'outbound',
  'fetch-writable': 'outbound',
  'queue-batch': 'queues',
  'request-body': 'request-body',
  'request-body-failed': 'request-body',
  'response-writable': 'response',
  'scheduled': 'scheduled',
  'timer-due': 'timer',
  'web-socket-opened': 'web-sockets',
  'web-socket-message': 'web-sockets',
  'web-socket-closed': 'web-sockets',
}
