/** What an app has of its own, and has not if whoever says all of that does not say so: of a deploy, in place of what was there. */

export const NO_BINDINGS = {
  env: {},
  kv_namespaces: [],
  d1_databases: [],
  r2_buckets: [],
  services: [],
  hyperdrive: [],
  ratelimits: [],
  queues: {},
  durable_objects: { bindings: [] },
  migrations: [],
}
