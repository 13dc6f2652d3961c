/**
 * Machines on this one: network namespaces, each with a way to its clients, this process, and one to the others, which can be cut.
 *
 *     this process --- clients' way --- machine --- others' way --- bridge --- machine ...
 */

import { spawnSync } from 'node:child_process'

/** Of the bridge, and of the ways to clients: for tests of networks (RFC 2544). */
const OTHERS = '198.18.9'
const CLIENTS = '198.18.10'

function ip(...args: string[]): void {
  const { status, stderr, error } = spawnSync('ip', args)
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${error?.message ?? String(stderr)}`)
}

function tryOut(): string | undefined {
  const name = `nano-try-${process.pid}`
  try {
    ip('netns', 'add', name)
    ip('netns', 'del', name)
    return undefined
  } catch (error) {
    return `network namespaces cannot be made here (${(error as Error).message.trim()})`
  }
}

/** Undefined: there can be some. */
export const NO_NAMESPACES = process.platform === 'linux' ? tryOut() : 'network namespaces are Linux'

export class Machine implements Disposable {
  /** To run something on it, before the program. */
  readonly within: readonly string[]
  /** For the others. */
  readonly address: string
  /** For its clients. */
  readonly reach: string
  readonly #space: string
  readonly #way: string

  constructor(network: string, number: number) {
    this.#space = `${network}-${number}`
    this.#way = `${network}m${number}`
    this.within = ['ip', 'netns', 'exec', this.#space]
    this.address = `${OTHERS}.${number + 1}`
    const base = number * 4
    this.reach = `${CLIENTS}.${base + 2}`
    ip('netns', 'add', this.#space)
    ip('-n', this.#space, 'link', 'set', 'lo', 'up')
    ip('link', 'add', this.#way, 'type', 'veth', 'peer', 'name', 'others', 'netns', this.#space)
    ip('link', 'set', this.#way, 'master', `${network}b`, 'up')
    ip('link', 'add', `${network}c${number}`, 'type', 'veth', 'peer', 'name', 'clients', 'netns', this.#space)
    ip('addr', 'add', `${CLIENTS}.${base + 1}/30`, 'dev', `${network}c${number}`)
    ip('link', 'set', `${network}c${number}`, 'up')
    ip('-n', this.#space, 'addr', 'add', `${this.address}/24`, 'dev', 'others')
    ip('-n', this.#space, 'addr', 'add', `${this.reach}/30`, 'dev', 'clients')
    for (const way of ['others', 'clients']) ip('-n', this.#space, 'link', 'set', way, 'up')
  }

  /** Nothing goes between it and the others. */
  cut(): void {
    ip('link', 'set', this.#way, 'down')
  }

  heal(): void {
    ip('link', 'set', this.#way, 'up')
  }

  [Symbol.dispose](): void {
    ip('netns', 'del', this.#space)
  }
}

export class Network implements Disposable {
  readonly machines: readonly Machine[]
  readonly #bridge: string

  constructor(count: number) {
    const name = `n${process.pid.toString(36)}`
    this.#bridge = `${name}b`
    ip('link', 'add', this.#bridge, 'type', 'bridge')
    ip('link', 'set', this.#bridge, 'up')
    this.machines = Array.from({ length: count }, (_, number) => new Machine(name, number))
  }

  /** What runs on the machines has to have ended. */
  [Symbol.dispose](): void {
    for (const machine of this.machines) machine[Symbol.dispose]()
    ip('link', 'del', this.#bridge)
  }
}
