/// <reference path="./interfaces/nano-workers-assets.d.ts" />
/// <reference path="./interfaces/nano-workers-background.d.ts" />
/// <reference path="./interfaces/nano-workers-cache.d.ts" />
/// <reference path="./interfaces/nano-workers-calls.d.ts" />
/// <reference path="./interfaces/nano-workers-connections.d.ts" />
/// <reference path="./interfaces/nano-workers-console.d.ts" />
/// <reference path="./interfaces/nano-workers-crypto.d.ts" />
/// <reference path="./interfaces/nano-workers-data.d.ts" />
/// <reference path="./interfaces/nano-workers-durable-storage.d.ts" />
/// <reference path="./interfaces/nano-workers-durable.d.ts" />
/// <reference path="./interfaces/nano-workers-events.d.ts" />
/// <reference path="./interfaces/nano-workers-hibernation.d.ts" />
/// <reference path="./interfaces/nano-workers-kv.d.ts" />
/// <reference path="./interfaces/nano-workers-language.d.ts" />
/// <reference path="./interfaces/nano-workers-objects.d.ts" />
/// <reference path="./interfaces/nano-workers-outbound.d.ts" />
/// <reference path="./interfaces/nano-workers-queues.d.ts" />
/// <reference path="./interfaces/nano-workers-rate-limit.d.ts" />
/// <reference path="./interfaces/nano-workers-request-body.d.ts" />
/// <reference path="./interfaces/nano-workers-response.d.ts" />
/// <reference path="./interfaces/nano-workers-scheduled.d.ts" />
/// <reference path="./interfaces/nano-workers-sql.d.ts" />
/// <reference path="./interfaces/nano-workers-timer.d.ts" />
/// <reference path="./interfaces/nano-workers-web-sockets.d.ts" />
/// <reference path="./interfaces/nano-workers-wire.d.ts" />
declare module 'nano:workers/worker' {
  export type Event = import('nano:workers/events').Event;
  export type * as NanoWorkersAssets020 from 'nano:workers/assets'; // import nano:workers/assets
  export type * as NanoWorkersBackground020 from 'nano:workers/background'; // import nano:workers/background
  export type * as NanoWorkersCache020 from 'nano:workers/cache'; // import nano:workers/cache
  export type * as NanoWorkersCalls020 from 'nano:workers/calls'; // import nano:workers/calls
  export type * as NanoWorkersConnections020 from 'nano:workers/connections'; // import nano:workers/connections
  export type * as NanoWorkersConsole020 from 'nano:workers/console'; // import nano:workers/console
  export type * as NanoWorkersCrypto020 from 'nano:workers/crypto'; // import nano:workers/crypto
  export type * as NanoWorkersData020 from 'nano:workers/data'; // import nano:workers/data
  export type * as NanoWorkersDurableStorage020 from 'nano:workers/durable-storage'; // import nano:workers/durable-storage
  export type * as NanoWorkersDurable020 from 'nano:workers/durable'; // import nano:workers/durable
  export type * as NanoWorkersEvents020 from 'nano:workers/events'; // import nano:workers/events
  export type * as NanoWorkersHibernation020 from 'nano:workers/hibernation'; // import nano:workers/hibernation
  export type * as NanoWorkersKv020 from 'nano:workers/kv'; // import nano:workers/kv
  export type * as NanoWorkersLanguage020 from 'nano:workers/language'; // import nano:workers/language
  export type * as NanoWorkersObjects020 from 'nano:workers/objects'; // import nano:workers/objects
  export type * as NanoWorkersOutbound020 from 'nano:workers/outbound'; // import nano:workers/outbound
  export type * as NanoWorkersQueues020 from 'nano:workers/queues'; // import nano:workers/queues
  export type * as NanoWorkersRateLimit020 from 'nano:workers/rate-limit'; // import nano:workers/rate-limit
  export type * as NanoWorkersRequestBody020 from 'nano:workers/request-body'; // import nano:workers/request-body
  export type * as NanoWorkersResponse020 from 'nano:workers/response'; // import nano:workers/response
  export type * as NanoWorkersScheduled020 from 'nano:workers/scheduled'; // import nano:workers/scheduled
  export type * as NanoWorkersSql020 from 'nano:workers/sql'; // import nano:workers/sql
  export type * as NanoWorkersTimer020 from 'nano:workers/timer'; // import nano:workers/timer
  export type * as NanoWorkersWebSockets020 from 'nano:workers/web-sockets'; // import nano:workers/web-sockets
  export type * as NanoWorkersWire020 from 'nano:workers/wire'; // import nano:workers/wire
  /**
  * Deliver waiting events, oldest first. `source`: the id of the request that they all belong to; 0 when they
  * belong to none, and when they are new requests, each of which is a source of its own. Never throws on account
  * of the app: the guest catches what the app throws and reports it through `response.fail` or `console.report`.
  * A call that traps ends the instance.
  */
  export function turn(source: number, events: Array<Event>): void;
}
