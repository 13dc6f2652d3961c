/** A store of a test's own that speaks the protocol of S3: Ceph's gateway, with a cluster of one disk that is memory. */

import { execFile, spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

import { CreateBucketCommand } from '@aws-sdk/client-s3'

import { findPort } from '../../bench/server-process.ts'
import type { S3Settings } from '../../host/config/storage-settings.ts'
import { toClient } from '../../host/storage/objects/s3-client.ts'

/** Undefined: there is one on this machine. */
export const NO_S3 = ['ceph-mon', 'ceph-osd', 'radosgw'].every(
  (each) => spawnSync(each, ['--version']).status === 0,
)
  ? undefined
  : 'there is no ceph-mon, ceph-osd or radosgw on this machine'

const KEY = 'nano-test-key'
const BUCKET = 'nano-objects'
const LOOK_MS = 50

const run = promisify(execFile)

export class S3Server implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'nano-s3-'))
  readonly #processes: ChildProcess[] = []
  #gateway: ChildProcess | undefined
  #port = 0

  static async start(): Promise<S3Server> {
    const server = new S3Server()
    await server.#startCluster()
    await server.startGateway()
    const client = toClient(server.settings)
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }))
    client.destroy()
    return server
  }

  /** What nano.json says. */
  get config() {
    const key = { file: join(this.#directory, 'key') }
    const endpoint = `http://127.0.0.1:${this.#port}`
    return { s3: endpoint, bucket: BUCKET, access_key_id: key, secret_access_key: key }
  }

  get settings(): S3Settings {
    const { s3: endpoint, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = this.config
    return { endpoint, region: 'us-east-1', bucket: BUCKET, accessKeyId, secretAccessKey }
  }

  /** Whoever has it stopped, gets no answer. */
  kill(signal: NodeJS.Signals): void {
    this.#gateway?.kill(signal)
  }

  /** At once; the cluster keeps what it has. */
  async endGateway(): Promise<void> {
    await end(this.#gateway)
  }

  async startGateway(): Promise<void> {
    this.#gateway = this.#spawn('radosgw', '-n', 'client.admin')
    await this.#listening(this.#gateway)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#gateway, ...this.#processes].map(end))
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #startCluster(): Promise<void> {
    const directory = this.#directory
    const monitor = await findPort()
    this.#port = await findPort()
    const id = randomUUID()
    for (const each of ['mon', 'osd']) mkdirSync(join(directory, each))
    writeFileSync(join(directory, 'key'), KEY)
    writeFileSync(join(directory, 'ceph.conf'), toConfig(directory, id, monitor, this.#port))
    const map = join(directory, 'map')
    await run('monmaptool', ['--create', '--add', 'a', `127.0.0.1:${monitor}`, '--fsid', id, map])
    await this.#run('ceph-mon', '-i', 'a', '--mkfs', '--monmap', map)
    this.#processes.push(this.#spawn('ceph-mon', '-i', 'a'))
    await this.#run('ceph', 'osd', 'create')
    await this.#run('ceph-osd', '-i', '0', '--mkfs')
    this.#processes.push(this.#spawn('ceph-osd', '-i', '0'))
    const keys = [`--access-key=${KEY}`, `--secret-key=${KEY}`]
    await this.#run('radosgw-admin', 'user', 'create', '--uid=nano', '--display-name=nano', ...keys)
  }

  async #run(program: string, ...args: string[]): Promise<void> {
    await run(program, ['-c', join(this.#directory, 'ceph.conf'), ...args])
  }

  #spawn(program: string, ...args: string[]): ChildProcess {
    const config = join(this.#directory, 'ceph.conf')
    return spawn(program, ['-c', config, ...args, '-f'], { stdio: 'ignore' })
  }

  async #listening(child: ChildProcess): Promise<void> {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}`)
      const socket = connect(this.#port, '127.0.0.1')
      // oxlint-disable-next-line no-await-in-loop -- until it listens
      const [isThere] = await Promise.race([
        once(socket, 'connect').then(() => [true]),
        once(socket, 'close').then(() => [false]),
      ]).catch(() => [false])
      socket.destroy()
      if (isThere) return
      // oxlint-disable-next-line no-await-in-loop -- the same
      await pause(LOOK_MS)
    }
  }
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** One of everything, known to nobody else; as little of what takes time as can be. */
function toConfig(directory: string, id: string, monitor: number, gateway: number): string {
  return `[global]
fsid = ${id}
mon host = v2:127.0.0.1:${monitor}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
mon data = ${directory}/mon
osd data = ${directory}/osd
admin socket =
log file = /dev/null
mon cluster log file = /dev/null
run dir = ${directory}
keyring = /dev/null
auth supported = none
ms bind msgr1 = false
ms mon client mode = crc
ms mon service mode = crc
ms mon cluster mode = crc
ms client mode = crc
ms service mode = crc
ms cluster mode = crc
mgr initial modules =
paxos propose interval = 0.01
mon data avail crit = 1
mon allow pool size one = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 1073741824
rgw thread pool size = 64
rgw run sync thread = false
rgw enable quota threads = false
rgw enable gc threads = false
rgw enable lc threads = false
[client.admin]
rgw frontends = beast endpoint=127.0.0.1:${gateway}
`
}
