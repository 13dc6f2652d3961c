/** `Agent`: the host keeps connections for all fetches of an app, so that an agent is its settings. */

import { EventEmitter } from '../events.ts'

export class Agent extends EventEmitter {
  readonly options: Readonly<Record<string, unknown>>
  readonly defaultPort: number
  readonly protocol: string
  readonly requests = {}
  readonly sockets = {}
  readonly freeSockets = {}
  keepAlive: boolean
  maxSockets: number
  maxFreeSockets: number
  maxTotalSockets: number

  constructor(options: Readonly<Record<string, unknown>> = {}, protocol = 'http:') {
    super()
    const {
      keepAlive = false,
      maxSockets = Infinity,
      maxFreeSockets = 256,
      maxTotalSockets = Infinity,
    } = options
    this.options = options
    this.protocol = protocol
    this.defaultPort = protocol === 'https:' ? 443 : 80
    this.keepAlive = Boolean(keepAlive)
    this.maxSockets = Number(maxSockets)
    this.maxFreeSockets = Number(maxFreeSockets)
    this.maxTotalSockets = Number(maxTotalSockets)
  }

  destroy(): void {}
}
