/**
 * Load made by wrk, where it is installed: a generator that others know, and much cheaper than one in JavaScript, so that
 * more of the machine is left for the server.
 */

import { execFile, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { load, toRequestText } from './load.ts'
import type { LoadPlan, LoadResult } from './load.ts'

const run = promisify(execFile)

/** Who answers slowly is slow, and not wrong; wrk takes two seconds for an error. */
const PATIENCE = '60s'

/** Who makes load, and how. */
export interface LoadMaker {
  readonly name: 'built-in' | 'wrk'
  run(plan: LoadPlan): Promise<LoadResult>
}

/** The bench's own, and wrk where it is there. `directory`: for its scripts. */
export function findLoadMakers(directory: string): readonly LoadMaker[] {
  const own: LoadMaker = { name: 'built-in', run: load }
  if (spawnSync('wrk', ['-v']).error !== undefined) return [own]
  return [own, { name: 'wrk', run: (plan) => loadWithWrk(plan, directory) }]
}

/** One thread, hosts in turn. Its script is written into `directory`. */
async function loadWithWrk(plan: LoadPlan, directory: string): Promise<LoadResult> {
  const { port, hosts, connections, seconds, request } = plan
  const script = join(directory, 'wrk.lua')
  await writeFile(script, toScript(hosts.map((host) => toRequestText(host, request))))
  const duration = `${Math.ceil(seconds)}s`
  const options = ['-t1', `-c${connections}`, `-d${duration}`, '-s', script, '--timeout', PATIENCE]
  const { stdout } = await run('wrk', [...options, `http://127.0.0.1:${port}/`])
  const line = stdout.split('\n').find((each) => each.startsWith(MARK))
  if (line === undefined) throw new Error(`wrk said nothing of its result: ${stdout}`)
  const [requests, errors, micros, p50Us, p99Us] = line.slice(MARK.length).split(' ').map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const took = micros / 1e6
  return {
    requests,
    errors,
    seconds: took,
    rps: requests / took,
    p50Ms: p50Us / 1000,
    p99Ms: p99Us / 1000,
  }
}

const MARK = 'RESULT '

function toScript(requests: readonly string[]): string {
  return `local requests = {
${requests.map((text) => `  ${toLua(text)},`).join('\n')}
}
local at = 0
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("${MARK}%d %d %d %d %d\\n", summary.requests, failed, summary.duration,
    latency:percentile(50), latency:percentile(99)))
end
`
}

/** Every byte of it by its number: Lua has other escapes than JSON. */
function toLua(text: string): string {
  const bytes = Array.from(Buffer.from(text), (byte) => `\\${String(byte).padStart(3, '0')}`)
  return `"${bytes.join('')}"`
}
