/** The ecosystem's apps: a file each, which answers any request with what its packages make of a fixed input. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface App {
  readonly name: string
  readonly path: string
}

export interface Answer {
  readonly status: number
  readonly text: string
}

/** What workerd answered; `record` writes it. */
export const ANSWERS_FILE = join(import.meta.dirname, 'answers.json')

/** Apps with a database, `DB`; their answers are those of workerd with wrangler's own D1, asked by hand. */
export const hasDatabase = ({ name }: App): boolean => name.startsWith('d1-')

/** Apps with a server of Debian's, which is named in their `env`; their answers are those of workerd, asked by hand. */
export const hasServer = ({ name }: App): boolean => name.startsWith('tcp-')

/** Apps that do not answer as they do there, and what is missing: none at present. */
export const MISSING: Readonly<Record<string, string>> = {}

/** Right answers of apps that workerd refuses: it makes no code at run time, unless a word says otherwise. */
const REFUSED_THERE: Readonly<Record<string, string>> = {
  ajv: '[true,false,"must be integer"]',
  fastify: '{"n":5,"seen":["hook"]}',
  pug: '<h1 class="a">&lt;you&gt;</h1>',
  // there TLS is only to authorities of the runtime's
  'tcp-mysql2':
    '{"inserted":[2,1],"rows":[{"id":1,"name":"Ada ä😀"},{"id":2,"name":"Bob"}],"fields":["id","name"],' +
    '"failed":"ER_DUP_ENTRY","large":1000000,"isSecure":true,"sums":[3,4,5,6,7]}',
  templates: '["&lt;a&gt;,b,","&lt;a&gt;,b,","&lt;a&gt;,b,","&lt;a&gt;,b,"]',
}

/** In a folder, by name. */
export function listApps(folder: string): App[] {
  return readdirSync(folder)
    .sort()
    .map((file) => ({ name: file.replace(/\.\w+$/, ''), path: join(folder, file) }))
}

/** What each app is to answer. */
export function readAnswers(): Record<string, Answer> {
  const recorded = JSON.parse(readFileSync(ANSWERS_FILE, 'utf8')) as Record<string, Answer>
  const ours = Object.entries(REFUSED_THERE).map(([name, text]) => [name, { status: 200, text }] as const)
  return { ...recorded, ...Object.fromEntries(ours) }
}
