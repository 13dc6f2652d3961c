/** Where and with what the figures were measured: they mean nothing without. */

import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release } from 'node:os'

import { version as workerd } from 'workerd'

export interface Machine {
  readonly date: string
  readonly cpu: string
  readonly cores: number
  readonly system: string
  /** Running or waiting processes when the bench began; more than a few tenths spoil it. */
  readonly loadAverage: number
  readonly versions: Readonly<Record<string, string>>
}

export function describeMachine(): Machine {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    system: `${process.platform} ${release()} ${process.arch}`,
    loadAverage: loadavg()[0]!,
    versions: {
      nano: readVersion('../package.json'),
      node: process.versions.node,
      workerd,
      jco: readVersion('../node_modules/@bytecodealliance/jco/package.json'),
      'componentize-js': readVersion('../node_modules/@bytecodealliance/componentize-js/package.json'),
    },
  }
}

function readVersion(file: string): string {
  const manifest = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as { version: string }
  return manifest.version
}
