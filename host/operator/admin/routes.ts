/** The operations of the admin API: where each is, what it takes and gives. `api.ts` says what they do. */

import { createRoute } from '@hono/zod-openapi'
import type { RouteConfig } from '@hono/zod-openapi'

import * as d1 from './d1-schemas.ts'
import * as fleet from './fleet-schemas.ts'
import * as queues from './queues-schemas.ts'
import * as removal from './remove-schemas.ts'
import * as scheduled from './scheduled-schemas.ts'
import * as schema from './schemas.ts'

const json = <Schema>(content: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema: content } },
})

const failed = (...statuses: (keyof typeof FAILURES)[]) =>
  Object.fromEntries(
    [401, 403, ...statuses].map((status) => [
      status,
      json(schema.ERROR, FAILURES[status as keyof typeof FAILURES]),
    ]),
  ) as RouteConfig['responses']

const FAILURES = {
  400: 'The request is malformed.',
  401: 'A token is missing, or wrong.',
  403: "The token's scopes do not cover this.",
  404: 'There is no such app, or version.',
  409: "The app, or its host name, is somebody else's; or the version cannot have that part of the requests.",
  412: 'The app is not as the request expects it.',
  413: 'The upload is too large.',
  422: 'The component or the settings cannot be served.',
  502: 'The app cannot be served.',
  503: 'As many ask as the server takes.',
} as const

const security = [{ token: [] }]

export const listApps = createRoute({
  method: 'get',
  path: '/admin/apps',
  summary: 'Apps that the token may read',
  security,
  request: { query: schema.LIST_QUERY },
  responses: { 200: json(schema.APPS, 'Apps by name.'), ...failed(400) },
})

export const showApp = createRoute({
  method: 'get',
  path: '/admin/apps/{name}',
  summary: 'One app: limits, versions, memory, last errors',
  security,
  request: { params: schema.NAME },
  responses: {
    200: json(schema.APP_DETAILS, 'The app; its ETag names the version that serves.'),
    ...failed(404),
  },
})

export const putApp = createRoute({
  method: 'put',
  path: '/admin/apps/{name}',
  summary: 'Deploy: create the app, or update it',
  description:
    'What is not given stays as it was. The same component and settings again give the same version. Answers when every shard serves it.',
  security,
  request: {
    params: schema.NAME,
    query: schema.PUT_QUERY,
    headers: schema.PRECONDITIONS,
    body: {
      content: {
        'application/wasm': { schema: schema.BYTES },
        'application/octet-stream': { schema: schema.BYTES },
        'multipart/form-data': { schema: schema.UPLOAD_FORM },
        'application/json': { schema: schema.SETTINGS_JSON },
      },
    },
  },
  responses: {
    200: json(schema.REPORT, 'What the deploy came to.'),
    ...failed(400, 404, 409, 412, 413, 422),
  },
})

export const createApp = createRoute({
  method: 'post',
  path: '/admin/apps',
  summary: 'Deploy an app that lies on the server',
  security,
  request: {
    body: { required: true, content: { 'application/json': { schema: schema.APP_JSON } } },
  },
  responses: {
    201: json(schema.REPORT.extend({ success: schema.DONE.shape.success }), 'What the deploy came to.'),
    ...failed(400, 409, 422),
  },
})

export const deleteApp = createRoute({
  method: 'delete',
  path: '/admin/apps/{name}',
  summary: 'Delete an app and all its versions',
  security,
  request: { params: schema.NAME, headers: schema.PRECONDITIONS, query: removal.DATA_QUERY },
  responses: { 200: json(removal.REMOVED, 'It serves no longer.'), ...failed(400, 404, 409, 412) },
})

export const deleteAppByHost = createRoute({
  method: 'delete',
  path: '/admin/apps',
  summary: 'Delete the app of a host name',
  security,
  request: { query: removal.REMOVE_QUERY },
  responses: { 200: json(removal.REMOVED, 'It serves no longer.'), ...failed(400, 404, 409) },
})

export const listVersions = createRoute({
  method: 'get',
  path: '/admin/apps/{name}/versions',
  summary: 'Versions of a deployed app, the last one first',
  security,
  request: { params: schema.NAME },
  responses: { 200: json(schema.VERSIONS, 'The versions.'), ...failed(404) },
})

export const readComponent = createRoute({
  method: 'get',
  path: '/admin/apps/{name}/versions/{version}/component',
  summary: 'The component of a version, byte for byte as it came',
  security,
  request: { params: schema.NAME_AND_VERSION },
  responses: {
    200: { description: 'The file.', content: { 'application/wasm': { schema: schema.BYTES } } },
    ...failed(404),
  },
})

export const rollBack = createRoute({
  method: 'post',
  path: '/admin/apps/{name}/rollback',
  summary: 'Serve the version before, or another one',
  security,
  request: {
    params: schema.NAME,
    headers: schema.PRECONDITIONS,
    body: { content: { 'application/json': { schema: schema.ROLLBACK } } },
  },
  responses: { 200: json(schema.REPORT, 'What serves now.'), ...failed(400, 404, 412) },
})

export const checkAssets = createRoute({
  method: 'post',
  path: '/admin/apps/{name}/assets',
  summary: 'Which files of a version that is to come are to be sent',
  security,
  request: {
    params: schema.NAME,
    body: { required: true, content: { 'application/json': { schema: schema.ASSETS_JSON } } },
  },
  responses: { 200: json(schema.MISSING, 'Those that are not here.'), ...failed(400, 413, 422) },
})

export const putAsset = createRoute({
  method: 'put',
  path: '/admin/apps/{name}/assets/{hash}',
  summary: 'Send a file; what no version names within an hour goes',
  security,
  request: {
    params: schema.NAME_AND_HASH,
    body: { required: true, content: { 'application/octet-stream': { schema: schema.BYTES } } },
  },
  responses: { 200: json(schema.DONE, 'It is kept.'), ...failed(400, 413, 422) },
})

export const purge = createRoute({
  method: 'post',
  path: '/admin/apps/{name}/purge',
  summary: 'Take away responses of the app that are kept',
  description:
    'Of the response cache, and of the caches that the app fills itself. Answers when every shard has done it.',
  security,
  request: {
    params: schema.NAME,
    body: { required: true, content: { 'application/json': { schema: schema.PURGE } } },
  },
  responses: { 200: json(schema.DONE, 'They are gone.'), ...failed(400, 404) },
})

export const runScheduled = createRoute({
  method: 'post',
  path: '/admin/apps/{name}/scheduled',
  summary: "Call the app's scheduled handler now",
  description:
    'Answers when it is done. It is called beside what the clock calls, whatever of that is running.',
  security,
  request: {
    params: schema.NAME,
    body: { content: { 'application/json': { schema: scheduled.RUN } } },
  },
  responses: { 200: json(scheduled.RUN_REPORT, 'How it ended.'), ...failed(400, 404, 502) },
})

export const reload = createRoute({
  method: 'post',
  path: '/admin/reload',
  summary: 'Read the configuration file again, and serve what it says',
  description: 'An app that fails keeps its version. A file that cannot be read changes nothing.',
  security,
  responses: { 200: json(schema.RELOAD_REPORT, 'What became of the apps of the file.'), ...failed(422) },
})

export const plan = createRoute({
  method: 'post',
  path: '/admin/plan',
  summary: 'What a configuration would change, which nothing is by this',
  security,
  request: { body: { content: { 'application/json': { schema: schema.PLANNED } } } },
  responses: { 200: json(schema.PLAN, 'What a reload would do.'), ...failed(400, 422) },
})

export const promote = createRoute({
  method: 'post',
  path: '/admin/apps/{name}/promote',
  summary: 'Give a version all requests, or those of a part of the clients',
  security,
  request: {
    params: schema.NAME,
    headers: schema.PRECONDITIONS,
    body: { required: true, content: { 'application/json': { schema: schema.PROMOTE } } },
  },
  responses: { 200: json(schema.REPORT, 'What serves now.'), ...failed(400, 404, 409, 412) },
})

export const listQueues = createRoute({
  method: 'get',
  path: '/admin/apps/{name}/queues',
  summary: 'The queues of the app, and what they hold',
  security,
  request: { params: schema.NAME },
  responses: { 200: json(queues.QUEUE_STATES, 'Those that its settings name.'), ...failed(404) },
})

export const showFleet = createRoute({
  method: 'get',
  path: '/admin/fleet',
  summary: 'The hosts of the fleet, and which apps have converged where',
  security,
  request: { query: schema.LIST_QUERY },
  responses: { 200: json(fleet.FLEET, 'As this host sees it.'), ...failed(400, 404, 503) },
})

export const peekQueue = createRoute({
  method: 'get',
  path: '/admin/apps/{name}/queues/{queue}/messages',
  summary: 'Messages of a queue, those whose time comes first, which stay',
  security,
  request: { params: queues.QUEUE, query: queues.PEEK_QUERY },
  responses: { 200: json(queues.MESSAGES, 'Those included that are being worked at.'), ...failed(400, 404) },
})

export const purgeQueue = createRoute({
  method: 'delete',
  path: '/admin/apps/{name}/queues/{queue}/messages',
  summary: 'Take away all messages of a queue, for good',
  security,
  request: { params: queues.QUEUE },
  responses: { 200: json(schema.DONE, 'They are gone.'), ...failed(404) },
})

export const setDelivery = createRoute({
  method: 'patch',
  path: '/admin/apps/{name}/queues/{queue}',
  summary: 'Pause the deliveries of a queue, or go on with them',
  description:
    'What an app was given stays with it. It holds until it is said otherwise, also over a restart.',
  security,
  request: {
    params: queues.QUEUE,
    body: { required: true, content: { 'application/json': { schema: queues.DELIVERY } } },
  },
  responses: { 200: json(schema.DONE, 'It holds.'), ...failed(400, 404) },
})

export const queryD1 = createRoute({
  method: 'post',
  path: '/admin/apps/{name}/d1/{database}',
  summary: 'Run statements on a D1 database of the app, all of them or none',
  security,
  request: {
    params: d1.DATABASE,
    body: { required: true, content: { 'application/json': { schema: d1.STATEMENTS } } },
  },
  responses: { 200: json(d1.RESULTS, "D1's results, one for each."), ...failed(400, 404, 422) },
})

const events = {
  200: {
    description: 'The latest entries, then those that come.',
    content: { 'text/event-stream': { schema: schema.EVENTS } },
  },
}

export const followLog = createRoute({
  method: 'get',
  path: '/admin/logs',
  summary: 'The log as it is written: of the apps that the token may read, and the server',
  security,
  request: { query: schema.LOG_QUERY, headers: schema.LOG_HEADERS },
  responses: { ...events, ...failed(400, 503) },
})

export const followAppLog = createRoute({
  method: 'get',
  path: '/admin/apps/{name}/logs',
  summary: 'The log of one app as it is written',
  security,
  request: { params: schema.NAME, query: schema.LOG_QUERY, headers: schema.LOG_HEADERS },
  responses: { ...events, ...failed(400, 404, 503) },
})
