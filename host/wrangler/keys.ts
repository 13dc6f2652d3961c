/**
 * Every key of a wrangler file, and what becomes of it here: the one table behind warnings, errors and the migration page.
 */

/**
 * - taken: it holds as it stands.
 * - here: nothing is to be done for it.
 * - dropped: it does not hold, and that is said; the app is served without.
 */
export type Treatment = 'taken' | 'here' | 'dropped'

export interface WranglerKey {
  readonly treatment: Treatment
  /** What becomes of it, or what to do. */
  readonly text: string
}

const taken = (text: string): WranglerKey => ({ treatment: 'taken', text })
const here = (text: string): WranglerKey => ({ treatment: 'here', text })
const dropped = (text: string): WranglerKey => ({ treatment: 'dropped', text })
const binding = (what: string, instead?: string): WranglerKey =>
  dropped(
    `${what} not served, and env does not have these members${instead === undefined ? '' : `; ${instead}`}`,
  )
const tool = here('of the tool that wrote the file')
const cloud = here("of Cloudflare's own operation")

export const WRANGLER_KEYS: Readonly<Record<string, WranglerKey>> = {
  $schema: here('of your editor'),
  name: taken('the name of the app; in nano.json the one that stands there'),
  main: taken('what is built'),
  vars: taken('members of env'),
  kv_namespaces: taken('binding and id: namespaces of the app'),
  d1_databases: taken(
    'binding, database_name, database_id, migrations_dir, migrations_table: databases of the app',
  ),
  durable_objects: taken(
    'name and class_name of bindings: classes of the app; script_name in nano.json alone',
  ),
  migrations: taken('what became of classes: docs/tenants/durable-objects.md'),
  r2_buckets: taken('binding and bucket_name: buckets of the app'),
  queues: taken('producers and consumers: queues of the app; consumers of the type http_pull are not served'),
  ratelimits: taken('name, namespace_id, simple: rate limits of the app'),
  hyperdrive: taken(
    'binding and localConnectionString, which is where the app connects to; nano.json says another: docs/tenants/hyperdrive.md',
  ),
  services: taken(
    'binding, service, entrypoint, props: other apps of the host; of an app in nano.json itself alone, others in nano.json',
  ),
  unsafe: taken('bindings of type ratelimit, as ratelimits has them'),
  assets: taken('directory, binding, run_worker_first, html_handling, not_found_handling'),
  pages_build_output_dir: taken(
    'the files of a Pages project, and its _worker.js; functions/ has to be built by wrangler before',
  ),
  triggers: taken('crons, in UTC'),
  route: taken('the host name of the app when it is deployed'),
  routes: taken('the first host name, when it is deployed; patterns and further ones are said'),
  env: taken('environments, of which --env or CLOUDFLARE_ENV names one, and "wrangler_env" in nano.json'),
  define: taken('expressions that stand for names when the app is built'),
  alias: taken('modules that stand for others when the app is built'),
  rules: taken('Text, Data, ESModule, CommonJS; an app cannot import CompiledWasm'),
  limits: taken('cpu_ms and subrequests; of an app in nano.json only where they are lower'),
  build: taken('the command runs with --run-build alone, before the app is built'),
  secrets: taken('the names: dev reads them from .dev.vars, nano.json says where they are'),
  compatibility_date: here('NANO has one behaviour, that of a present date'),
  compatibility_flags: here(
    'what nodejs_compat gives is always there; other flags change nothing, which is said',
  ),
  node_compat: here('the modules of Node.js are always there'),
  minify: here('names do not travel; the source map stays'),
  keep_names: here('names are kept'),
  upload_source_maps: here('source maps are used for stacks'),
  dev: here('of wrangler; nano-workers dev has options of its own'),
  keep_vars: here('variables are those of the file'),
  observability: here('logs, traces and metrics are always there: docs/operators/metrics.md'),
  no_bundle: here('the app is bundled in any case'),
  configPath: tool,
  userConfigPath: tool,
  topLevelName: tool,
  definedEnvironments: tool,
  targetEnvironment: tool,
  account_id: cloud,
  cloudchamber: cloud,
  compliance_region: cloud,
  first_party_worker: cloud,
  legacy_env: cloud,
  logfwdr: cloud,
  logpush: here('logs can be drained: docs/operators/logs.md'),
  placement: cloud,
  preview_urls: cloud,
  previews: cloud,
  send_metrics: cloud,
  workers_dev: cloud,
  zone_id: cloud,
  base_dir: dropped('files are found by their imports'),
  find_additional_modules: dropped(
    'files are found by their imports, those of import(`./pages/${name}.ts`) included',
  ),
  preserve_file_names: dropped('files are part of the bundle'),
  tsconfig: dropped('the nearest tsconfig.json is read; put it there'),
  jsx_factory: dropped('say it in tsconfig.json'),
  jsx_fragment: dropped('say it in tsconfig.json'),
  usage_model: dropped('of no meaning any more; remove it'),
  type: dropped('of no meaning any more; remove it'),
  webpack_config: dropped('of no meaning any more; remove it'),
  site: dropped('use assets with a directory'),
  wasm_modules: dropped(
    'an app cannot load WebAssembly, being WebAssembly itself; use a build of it in JavaScript',
  ),
  text_blobs: dropped('import the file, or name it in rules'),
  data_blobs: dropped('import the file, or name it in rules'),
  tail_consumers: dropped('follow the log: nano-workers logs, or log_drain in nano.json'),
  streaming_tail_consumers: dropped('follow the log: nano-workers logs, or log_drain in nano.json'),
  access: dropped('put a proxy with a login before the server: docs/operators/proxies.md'),
  cache: dropped('say "response_cache" in nano.json or --settings: docs/tenants/cache.md'),
  exports: dropped('say Durable Objects in durable_objects and migrations; other exports have no settings'),
  containers: dropped('containers are not served; run them elsewhere, and fetch from them'),
  python_modules: dropped('an app is JavaScript or TypeScript'),
  workflows: binding('Workflows are', 'use triggers.crons, and D1 for what is to go on'),
  vectorize: binding('Vectorize is', 'fetch a vector store by HTTP'),
  ai: binding('Workers AI is', 'fetch a model by HTTP'),
  ai_search: binding('AI Search is'),
  ai_search_namespaces: binding('AI Search is'),
  websearch: binding('web search is'),
  agent_memory: binding('agent memory is'),
  browser: binding('browser rendering is'),
  images: binding('Cloudflare Images is'),
  media: binding('media transformation is'),
  stream: binding('Cloudflare Stream is'),
  version_metadata: binding('version metadata is', 'say a version in vars or define'),
  analytics_engine_datasets: binding('Analytics Engine is', 'log what is to be counted'),
  mtls_certificates: binding('client certificates are'),
  dispatch_namespaces: binding('dispatch namespaces are', 'deploy each app by itself'),
  send_email: binding('e-mail is', 'fetch a mail service by HTTP'),
  pipelines: binding('Pipelines are'),
  secrets_store_secrets: binding(
    'the secrets store is',
    'give secrets in nano.json: docs/tenants/variables.md',
  ),
  unsafe_hello_world: binding('that binding is'),
  worker_loaders: binding('worker loaders are'),
  vpc_services: binding(
    'VPC services are',
    'fetch them; the operator says with egress whether they are reached',
  ),
  vpc_networks: binding(
    'VPC networks are',
    'fetch them; the operator says with egress whether they are reached',
  ),
  artifacts: binding('Artifacts are'),
  flagship: binding('Flagship is'),
  connect: binding('connections are'),
}
