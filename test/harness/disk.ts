/** Disks that a test fills or takes away; only root has them to give. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
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

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.directory], { stdio: 'ignore' })
    rmSync(this.directory, { recursive: true, force: true })
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
