/** Disks that a test fills, stops or takes away; only root has them to give. */

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A disk of its own, in memory. */
export class Disk implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'nano-disk-'))

  constructor(size: string) {
    try {
      mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', this.directory)
    } catch (error) {
      rmSync(this.directory, { recursive: true })
      throw error
    }
  }

  set isReadOnly(isReadOnly: boolean) {
    mount('-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, this.directory)
  }

  set size(size: string) {
    mount('-o', `remount,size=${size}`, this.directory)
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.directory], { stdio: 'ignore' })
    rmSync(this.directory, { recursive: true, force: true })
  }
}

const MOST_STOPPED_S = 20

/** A disk of its own that can be stopped: whoever writes waits, for as long as that lasts. */
export class StoppableDisk implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'nano-disk-'))
  readonly directory = join(this.#directory, 'mounted')

  constructor(megabytes: number) {
    const image = join(this.#directory, 'image')
    writeFileSync(image, '')
    truncateSync(image, megabytes * 2 ** 20)
    mkdirSync(this.directory)
    try {
      execFileSync('mkfs.ext4', ['-q', image], { stdio: 'ignore' })
      mount('-o', 'loop', image, this.directory)
    } catch (error) {
      rmSync(this.#directory, { recursive: true })
      throw error
    }
  }

  /** For as long as `work` takes, and not for longer than somebody can wait for who hangs with it. */
  async stop(work: () => Promise<void>): Promise<void> {
    // started before: this process may not be able to start another one while the disk stands
    const script = `timeout ${MOST_STOPPED_S} cat; fsfreeze -u "$1"`
    const end = spawn('sh', ['-c', script, 'sh', this.directory], { stdio: ['pipe', 'ignore', 'ignore'] })
    const ended = once(end, 'exit')
    execFileSync('fsfreeze', ['-f', this.directory])
    try {
      await work()
    } finally {
      end.stdin.end()
      await ended
    }
  }

  /** For good: whoever writes fails. */
  die(): void {
    mount('-o', 'remount,abort', this.directory)
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.directory], { stdio: 'ignore' })
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** Whether this machine has any that can be stopped. */
export async function canStop(): Promise<boolean> {
  try {
    using disk = new StoppableDisk(8)
    await disk.stop(async () => undefined)
    return true
  } catch {
    return false
  }
}

/** Whether this machine has any. */
export function canMount(): boolean {
  try {
    using disk = new Disk('1m')
    return disk.directory !== ''
  } catch {
    return false
  }
}

function mount(...args: string[]): void {
  execFileSync('mount', args, { stdio: 'ignore' })
}
