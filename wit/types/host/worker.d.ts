// world nano:workers/worker@0.2.0
export type Event = import('./interfaces/nano-workers-events.js').Event;
export type * as NanoWorkersAssets020 from './interfaces/nano-workers-assets.js'; // import nano:workers/assets@0.2.0
export type * as NanoWorkersBackground020 from './interfaces/nano-workers-background.js'; // import nano:workers/background@0.2.0
export type * as NanoWorkersCache020 from './interfaces/nano-workers-cache.js'; // import nano:workers/cache@0.2.0
export type * as NanoWorkersCalls020 from './interfaces/nano-workers-calls.js'; // import nano:workers/calls@0.2.0
export type * as NanoWorkersConnections020 from './interfaces/nano-workers-connections.js'; // import nano:workers/connections@0.2.0
export type * as NanoWorkersConsole020 from './interfaces/nano-workers-console.js'; // import nano:workers/console@0.2.0
export type * as NanoWorkersCrypto020 from './interfaces/nano-workers-crypto.js'; // import nano:workers/crypto@0.2.0
export type * as NanoWorkersData020 from './interfaces/nano-workers-data.js'; // import nano:workers/data@0.2.0
export type * as NanoWorkersDurableStorage020 from './interfaces/nano-workers-durable-storage.js'; // import nano:workers/durable-storage@0.2.0
export type * as NanoWorkersDurable020 from './interfaces/nano-workers-durable.js'; // import nano:workers/durable@0.2.0
export type * as NanoWorkersEvents020 from './interfaces/nano-workers-events.js'; // import nano:workers/events@0.2.0
export type * as NanoWorkersHibernation020 from './interfaces/nano-workers-hibernation.js'; // import nano:workers/hibernation@0.2.0
export type * as NanoWorkersKv020 from './interfaces/nano-workers-kv.js'; // import nano:workers/kv@0.2.0
export type * as NanoWorkersLanguage020 from './interfaces/nano-workers-language.js'; // import nano:workers/language@0.2.0
export type * as NanoWorkersObjects020 from './interfaces/nano-workers-objects.js'; // import nano:workers/objects@0.2.0
export type * as NanoWorkersOutbound020 from './interfaces/nano-workers-outbound.js'; // import nano:workers/outbound@0.2.0
export type * as NanoWorkersQueues020 from './interfaces/nano-workers-queues.js'; // import nano:workers/queues@0.2.0
export type * as NanoWorkersRateLimit020 from './interfaces/nano-workers-rate-limit.js'; // import nano:workers/rate-limit@0.2.0
export type * as NanoWorkersRequestBody020 from './interfaces/nano-workers-request-body.js'; // import nano:workers/request-body@0.2.0
export type * as NanoWorkersResponse020 from './interfaces/nano-workers-response.js'; // import nano:workers/response@0.2.0
export type * as NanoWorkersScheduled020 from './interfaces/nano-workers-scheduled.js'; // import nano:workers/scheduled@0.2.0
export type * as NanoWorkersSql020 from './interfaces/nano-workers-sql.js'; // import nano:workers/sql@0.2.0
export type * as NanoWorkersTimer020 from './interfaces/nano-workers-timer.js'; // import nano:workers/timer@0.2.0
export type * as NanoWorkersWebSockets020 from './interfaces/nano-workers-web-sockets.js'; // import nano:workers/web-sockets@0.2.0
export type * as NanoWorkersWire020 from './interfaces/nano-workers-wire.js'; // import nano:workers/wire@0.2.0
/**
* Deliver waiting events, oldest first. `source`: the id of the request that they all belong to; 0 when they
* belong to none, and when they are new requests, each of which is a source of its own. Never throws on account
* of the app: the guest catches what the app throws and reports it through `response.fail` or `console.report`.
* A call that traps ends the instance.
*/
export function turn(source: number, events: Array<Event>): void;
