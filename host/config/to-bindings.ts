/** The bindings of an app's settings as members of its `env`. */

import { DURABLE, toClassData } from './class-data.ts'
import type { DataNames, Migration } from './class-data.ts'
import { QUEUE } from './app-queues.ts'
import type { QueueSettings } from './app-queues.ts'
import type { Env, EnvValue } from './env.ts'
import { toHyperdrive } from './hyperdrive.ts'
import { toResource } from './resource.ts'
import type { AppSettings } from './schema.ts'

type Shared<Key extends keyof AppSettings> = readonly (NonNullable<
  AppSettings[Key]
> extends readonly (infer Each)[]
  ? Each & { readonly shared?: boolean }
  : never)[]

/** What only nano.json says of them. */
export interface SharedBindings {
  readonly kv_namespaces?: Shared<'kv_namespaces'>
  readonly d1_databases?: Shared<'d1_databases'>
  readonly r2_buckets?: Shared<'r2_buckets'>
  readonly services?: NonNullable<AppSettings['services']>
  readonly hyperdrive?: NonNullable<AppSettings['hyperdrive']>
  readonly ratelimits?: Shared<'ratelimits'>
  readonly queues?: QueueSettings
  readonly assets?: { readonly binding?: string }
  readonly durable_objects?: { readonly bindings: readonly DurableBinding[] }
  readonly migrations?: readonly Migration[]
}

interface DurableBinding {
  readonly name: string
  readonly class_name: string
  readonly script_name?: string
}

/** `app`: its name. */
export function toBindings(
  app: string,
  {
    assets,
    kv_namespaces = [],
    d1_databases = [],
    r2_buckets = [],
    services = [],
    hyperdrive = [],
    ratelimits = [],
    queues,
    ...durable
  }: SharedBindings,
): Env {
  const { names } = toClassData(durable.migrations ?? [])
  const member = (
    kind: string,
    binding: string,
    id: string,
    shared = false,
    settings: unknown = {},
  ): [string, EnvValue] => {
    const resource = toResource(kind, shared ? undefined : app, id)
    return [binding, { type: 'binding', kind, settings: JSON.stringify(settings), resource }]
  }
  return Object.fromEntries([
    ...(assets?.binding === undefined ? [] : [member('assets', assets.binding, '')]),
    ...kv_namespaces.map(({ binding, id = binding, shared }) => member('kv', binding, id, shared)),
    ...d1_databases.map((each) => member('d1', each.binding, toDatabaseId(each), each.shared)),
    ...r2_buckets.map(({ binding, bucket_name: id = binding, shared }) => member('r2', binding, id, shared)),
    ...(queues?.producers ?? []).map(({ binding, queue, delivery_delay: delay = 0, shared }) =>
      member(QUEUE, binding, queue, shared, { queue, delay }),
    ),
    ...services.map((each): [string, EnvValue] => [each.binding, toService(app, each)]),
    ...hyperdrive.map(toHyperdrive),
    ...ratelimits.map(({ name, namespace_id: id, shared, simple }) =>
      member('ratelimit', name, id, shared, simple),
    ),
    ...(durable.durable_objects?.bindings ?? []).map((each) => toDurable(app, names, each)),
  ])
}

/** The data of another app's class is that app's. */
function toDurable(
  app: string,
  names: DataNames,
  { name, class_name: entrypoint, script_name: owner = app }: DurableBinding,
): [string, EnvValue] {
  const isOwn = owner === app
  const own = toResource(DURABLE, owner, (isOwn ? names[entrypoint] : undefined) ?? entrypoint)
  const resource = {
    ...own,
    callee: { app: owner, entrypoint },
    ...(!isOwn && { isShared: true as const }),
  }
  return [name, { type: 'binding', kind: DURABLE, settings: '{}', resource }]
}

function toService(
  own: string,
  { service: app = own, entrypoint = '', host, props }: NonNullable<AppSettings['services']>[number],
): EnvValue {
  const callee = {
    app,
    entrypoint,
    ...(host !== undefined && { host }),
    ...(props !== undefined && { props: JSON.stringify(props) }),
  }
  return { type: 'binding', kind: 'service', settings: '{}', resource: { kind: 'service', key: app, callee } }
}

/** Names a database among those of its app. */
export function toDatabaseId({
  binding,
  database_name: name = binding,
  database_id: id = name,
}: Shared<'d1_databases'>[number]): string {
  return id
}
