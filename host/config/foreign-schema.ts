/** `foreign` of an app in nano.json: its component is not NANO's, and what it may see is named here. */

import { resolve } from 'node:path'

import * as z from 'zod'

import { parseTarget } from '../egress/rule.ts'
import type { ForeignSettings, GuestSocket } from './foreign-settings.ts'
import { closed, flag, integer, list, text, textLike, textThat } from './values.ts'

const DEFAULTS = { processes: 4, requests: 1000 } as const
/** What a component finds is absolute, and leads nowhere but down. */
const GUEST_PATH = /^\/(?:[\w-][\w.-]*\/?)*$/

/** What is said of it wherever its app stands. */
const OWN = {
  sockets: list(
    textThat((each) => parseSocket(each) !== undefined, 'a host and a port, such as "db.example.com:5432"'),
  )
    .meta({
      description:
        'Hosts and ports that the component may connect to by TCP, as far as "egress" admits them. None unless given.',
    })
    .exactOptional(),
  processes: integer({ range: [1, 64] })
    .meta({
      default: DEFAULTS.processes,
      description: 'Processes at once on each shard; each answers one request at a time.',
    })
    .exactOptional(),
  requests: integer({ range: [1, 1_000_000] })
    .meta({
      default: DEFAULTS.requests,
      description: 'Requests of a process; then another one takes its place.',
    })
    .exactOptional(),
}

const settings = closed({
  directories: z
    .record(
      textLike(GUEST_PATH, 'an absolute path of letters, digits, ".", "_" and "-", such as "/data"'),
      z.union([
        text(),
        closed({
          path: text().meta({ description: 'Relative to this file.' }),
          writable: flag()
            .meta({ default: false, description: 'Files of it may be written.' })
            .exactOptional(),
        }),
      ]),
    )
    .meta({
      description:
        'Directories that the component sees, by its own paths for them: a directory, relative to this file, or "path" and "writable". None unless given.',
    })
    .exactOptional(),
  ...OWN,
})

export const FOREIGN = z.union([flag(), settings]).meta({
  id: 'foreign',
  description:
    'The component is any one of wasi:http, in whatever language, and is served in processes of its own. Without it only components of NANO are.',
})

/** Of an app that is deployed: it runs on any host, and sees no directory of one. */
export const OWN_FOREIGN = z.union([flag(), closed(OWN)])

/** Undefined: the gate is closed. `base`: what paths are relative to. */
export function toForeign(
  given: z.output<typeof FOREIGN> | z.output<typeof OWN_FOREIGN> | undefined,
  base: string,
): ForeignSettings | undefined {
  if (given === undefined || given === false) return undefined
  const {
    directories = {},
    sockets = [],
    ...rest
  }: Exclude<z.output<typeof FOREIGN>, boolean> = given === true ? {} : given
  return {
    ...DEFAULTS,
    ...rest,
    sockets: sockets.map((each) => parseSocket(each)!),
    directories: Object.entries(directories).map(([guest, directory]) => {
      const { path, writable = false } = typeof directory === 'string' ? { path: directory } : directory
      return { guest, host: resolve(base, path), writable }
    }),
  }
}

const SOCKET = /^(?:\[(?<six>[^\]]+)\]|(?<host>[^:[\]]+)):(?<port>\d{1,5})$/

/** Undefined: it is none. */
export function parseSocket(given: string): GuestSocket | undefined {
  const { six, host, port } = SOCKET.exec(given)?.groups ?? {}
  const target = parseTarget(six ?? host ?? '', Number(port))
  return target && { host: target.hostname, port: target.port }
}
