/** The body of a deploy: the component alone, a form with parts, or settings alone. Bounded before anything of it is read. */

import type { IncomingMessage } from 'node:http'

import type { Context, MiddlewareHandler } from 'hono'

import { MOST } from '../../assets/manifest.ts'
import { parseNewAssets } from '../../assets/new-assets.ts'
import { MAX_COMPONENT_BYTES } from '../../component/read.ts'
import { MAX_SOURCE_MAP_BYTES } from '../../deploy/read-source-map.ts'
import { NanoError } from '../../errors.ts'
import type { NewDeploy } from '../../registry/new-deploy.ts'
import type { AdminEnv } from './admin-env.ts'

export type Upload = Pick<NewDeploy, 'hostname' | 'settings' | 'component' | 'sourceMap' | 'assets'>

interface Form {
  readonly settings?: File | string | undefined
  readonly component?: File | undefined
  readonly source_map?: File | undefined
  readonly assets?: File | string | undefined
}

const TYPES: readonly string[] = [
  'application/wasm',
  'application/octet-stream',
  'multipart/form-data',
  'application/json',
]
const MAX_SETTINGS_BYTES = 1024 * 1024
/** Some ten thousand apps. */
const MAX_CONFIG_BYTES = 16 * 1024 * 1024
/** What a form has around its parts. */
const FORM_BYTES = 64 * 1024
/** Of a manifest of files. */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024
const MAX_UPLOAD_BYTES =
  MAX_COMPONENT_BYTES + MAX_SOURCE_MAP_BYTES + MAX_SETTINGS_BYTES + MAX_MANIFEST_BYTES + FORM_BYTES
/** Each is held in memory as a whole, some of it twice. */
const AT_ONCE = 4
/** The longest pause between two parts of a body. */
const IDLE_MS = 30_000

/** A whole configuration. */
export const configLimit: MiddlewareHandler<AdminEnv> = async (c, next) => {
  await collect(c, MAX_CONFIG_BYTES, 'application/json')
  await next()
}

/** A body of JSON. */
export const settingsLimit: MiddlewareHandler<AdminEnv> = async (c, next) => {
  await collect(c, MAX_SETTINGS_BYTES, 'application/json')
  await next()
}

/** A manifest of files. */
export const manifestLimit: MiddlewareHandler<AdminEnv> = async (c, next) => {
  await collect(c, MAX_MANIFEST_BYTES, 'application/json')
  await next()
}

/** A file of an app. */
export const fileLimit: MiddlewareHandler<AdminEnv> = async (c, next) => {
  await collect(c, MOST.fileBytes, 'application/octet-stream')
  await next()
}

/** A body with a component. So many at once. */
export function uploadLimit(): MiddlewareHandler<AdminEnv> {
  let open = 0
  return async (c, next) => {
    const type = toType(c)
    if (type !== undefined && !TYPES.includes(type)) {
      throw new NanoError('REQUEST_INVALID', `expected Content-Type ${TYPES.join(' or ')}, got ${type}`)
    }
    if (open >= AT_ONCE) {
      throw new NanoError(
        'UPLOADS_BUSY',
        `the server takes ${AT_ONCE} uploads at once; try again in some seconds`,
      )
    }
    open++
    try {
      await collect(c, MAX_UPLOAD_BYTES, 'application/wasm')
      await next()
    } finally {
      open--
    }
  }
}

/** What a body is, whatever its type. Throws REQUEST_INVALID. */
export async function readUpload(c: Context<AdminEnv>, form: Form): Promise<Upload> {
  const type = toType(c)
  if (type === 'multipart/form-data') return await toUpload(form)
  if (type === 'application/json') return toSettings(await c.req.text())
  const component = new Uint8Array(await c.req.arrayBuffer())
  return component.length === 0 ? {} : { component }
}

/** What a form's parts are. Throws REQUEST_INVALID. */
async function toUpload({ settings, component, source_map: sourceMap, assets }: Form): Promise<Upload> {
  if (component === undefined && sourceMap !== undefined) {
    throw new NanoError('REQUEST_INVALID', 'expected a part "component" beside "source_map", got none')
  }
  const text = settings instanceof File ? await settings.text() : settings
  return {
    ...toSettings(text),
    assets:
      assets === undefined
        ? undefined
        : parseNewAssets(assets instanceof File ? await assets.text() : assets),
    component: await toBytes(component),
    sourceMap: await toBytes(sourceMap),
  }
}

/** Settings of JSON, with the host name that may stand among them. Throws REQUEST_INVALID. */
export function toSettings(text: string | undefined): Pick<Upload, 'hostname' | 'settings'> {
  if (text === undefined) return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new NanoError('REQUEST_INVALID', `settings: expected JSON; ${(cause as Error).message}`, { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new NanoError('REQUEST_INVALID', `settings: expected an object, got ${text.slice(0, 40)}`)
  }
  return splitSettings(value as Record<string, unknown>)
}

export function splitSettings({ hostname, ...settings }: Record<string, unknown>): {
  hostname: string | undefined
  settings: Record<string, unknown>
} {
  if (hostname === undefined || typeof hostname === 'string') return { hostname, settings }
  throw new NanoError('REQUEST_INVALID', 'hostname: expected a text')
}

async function toBytes(file: File | undefined): Promise<Uint8Array | undefined> {
  return file === undefined ? undefined : new Uint8Array(await file.arrayBuffer())
}

/** The body as a whole, in place of the one that is on its way. `usual`: its type when the client does not say. */
async function collect(c: Context<AdminEnv>, most: number, usual: string): Promise<void> {
  const { incoming } = c.env
  const fail = (): never => {
    throw new NanoError('BODY_TOO_LARGE', `expected a body of at most ${most} bytes, got a larger one`)
  }
  if (Number(c.req.header('content-length') ?? 0) > most) fail()
  const parts: Buffer[] = []
  let size = 0
  const unwatch = watch(incoming)
  try {
    // to end the stream would reset the connection, and that can overtake the answer
    const all = incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
    for await (const part of all) {
      size += part.length
      if (size > most) fail()
      parts.push(part)
    }
  } finally {
    unwatch()
    incoming.resume()
  }
  const { url, method } = c.req
  const headers = { ...(size > 0 && { 'content-type': usual }), ...c.req.header() }
  c.req.raw = new Request(url, { method, headers, body: Buffer.concat(parts) })
}

function toType(c: Context<AdminEnv>): string | undefined {
  return c.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
}

/** Ends a connection whose body has stopped coming; gives what ends the watch. */
function watch(incoming: IncomingMessage): () => void {
  const { socket } = incoming
  let before = socket.bytesRead
  const timer = setInterval(() => {
    if (!incoming.complete && socket.bytesRead === before) socket.destroy()
    before = socket.bytesRead
  }, IDLE_MS).unref()
  return () => clearInterval(timer)
}
