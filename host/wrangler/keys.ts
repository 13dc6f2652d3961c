/**
 * Every key of a wrangler file, and what becomes of it here: the one table behind warnings, errors and the migration page.
 */

/**
 * - taken: it holds as it stands.
 * - here: nothing is to be done for it.
 * - dropped: it does not hold, and that is said; the app is served without.
 * - refused: the app could not work without it.
 */
export type Treatment = 'taken' | 'here' | 'dropped' | 'refused'

export interface WranglerKey {
  readonly treatment: Treatment
  /** What becomes of it, or what to do. */
  readonly text: string
}

const taken = (text: string): WranglerKey => ({ treatment: 'taken', text })
const here = (text: string): WranglerKey => ({ treatment: 'here', text })
const dropped = (text: string): WranglerKey => ({ treatment: 'dropped', text })
const refused = (text: string): WranglerKey => ({ treatment: 'refused', text })
const binding = (what: string): WranglerKey => dropped(`NANO has no ${what}: env does not have these members`)
const cloud = here("of Cloudflare's own operation")

export const WRANGLER_KEYS: Readonly<Record<string, WranglerKey>> = {
  $schema: here('of your editor'),
  name: taken('name of the app'),
  main: taken('what is built'),
  vars: taken('env; what nano.json says of a name comes first'),
  kv_namespaces: taken('kv_namespaces: binding and id'),
  d1_databases: taken('d1_databases: binding, database_name, database_id, migrations_dir, migrations_table'),
  r2_buckets: taken('r2_buckets: binding and bucket_name'),
  assets: taken('assets'),
  triggers: taken('triggers: crons'),
  route: taken('its host name is the hostname of the app'),
  routes: taken('the host name of the first is the hostname of the app; for others deploy it once more'),
  env: taken('environments, of which --env names one'),
  define: taken('replaced when the app is built'),
  alias: taken('replaced when the app is built'),
  compatibility_date: here('NANO has one behaviour, that of a present date'),
  compatibility_flags: here('what nodejs_compat gives is always there'),
  node_compat: here('the modules of Node.js are always there'),
  minify: here('names do not travel; the source map stays'),
  keep_names: here('names are kept'),
  tsconfig: dropped('the tsconfig.json of the folder is read'),
  jsx_factory: dropped('say it in tsconfig.json'),
  jsx_fragment: dropped('say it in tsconfig.json'),
  no_bundle: dropped('the app is bundled'),
  find_additional_modules: here('modules that are imported by a pattern are found'),
  base_dir: here('of find_additional_modules'),
  preserve_file_names: here('files are part of the bundle'),
  rules: dropped('files are imported by their endings: docs/tenants/modules.md'),
  build: dropped('build.command runs with --run-build alone'),
  upload_source_maps: here('source maps are used for stacks'),
  workers_dev: cloud,
  preview_urls: cloud,
  account_id: cloud,
  zone_id: cloud,
  send_metrics: cloud,
  keep_vars: here('settings that are not given stay'),
  logpush: cloud,
  observability: here('logs and metrics are always there: docs/operators/metrics.md'),
  placement: cloud,
  dev: here('of wrangler; nano-workers dev has options of its own'),
  cache: cloud,
  first_party_worker: cloud,
  legacy_env: cloud,
  cloudchamber: cloud,
  previews: cloud,
  streaming_tail_consumers: dropped('follow the log: nano-workers logs'),
  tail_consumers: dropped('follow the log: nano-workers logs, or log_drain'),
  limits: dropped('say cpu_ms and subrequests in nano.json'),
  wasm_modules: dropped('import the file'),
  text_blobs: dropped('import the file'),
  data_blobs: dropped('import the file'),
  site: dropped('use assets'),
  services: binding('service bindings'),
  queues: binding('queues'),
  hyperdrive: binding('Hyperdrive'),
  vectorize: binding('Vectorize'),
  ai: binding('AI'),
  browser: binding('browser rendering'),
  images: binding('image service'),
  media: binding('media service'),
  stream: binding('video service'),
  version_metadata: binding('version metadata'),
  analytics_engine_datasets: binding('Analytics Engine'),
  mtls_certificates: binding('client certificates'),
  dispatch_namespaces: binding('dispatch namespaces'),
  send_email: binding('e-mail'),
  pipelines: binding('pipelines'),
  secrets_store_secrets: binding('secrets store; give secrets in nano.json'),
  secrets: dropped('give secrets in nano.json: docs/tenants/variables.md'),
  ratelimits: binding('rate limits'),
  unsafe: binding('unsafe bindings'),
  unsafe_hello_world: binding('such binding'),
  worker_loaders: binding('worker loaders'),
  vpc_services: binding('VPC services'),
  containers: refused('NANO runs no containers'),
  durable_objects: refused('NANO has no durable objects'),
  migrations: here('of durable objects'),
  workflows: refused('NANO has no workflows'),
  python_modules: refused('NANO runs JavaScript and TypeScript'),
  pages_build_output_dir: refused('of Pages; build the project to one script first'),
}
