/**
 * An answer that is a file, to its client: small ones in one piece, others part by part as the client takes them.
 *
 *     begun  --in memory, nothing to read-->  over
 *            --small: read-->  over                     --it cannot be read-->  failed: ASSET_UNREADABLE
 *            --large: opened-->  sending  --the last part-->  over
 *                                sending  --the client is slow-->  waiting  --writable-->  sending
 *            any  --the client leaves-->  over: the file is closed
 */

import type { FileReader, OpenFile, Source } from '../assets/file-reader.ts'
import { SMALL_BYTES } from '../assets/file-reader.ts'
import type { AssetAnswer, AssetBody } from '../assets/site.ts'
import { toHeaderLines } from '../http/header-lines.ts'
import { NOBODY } from '../tenant/exchange.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import type { Tenant } from '../tenant/tenant.ts'

export interface SendServices {
  readonly source: Source
  readonly reader: FileReader
  readonly tenant: Pick<Tenant, 'refused'>
}

const EMPTY = new Uint8Array(0)
const encoder = new TextEncoder()

export function sendAsset(exchange: Exchange, answer: AssetAnswer, services: SendServices): ExchangeListener {
  const { status, headers, body } = answer
  const { reader, source } = services
  const bytes = body === undefined ? EMPTY : reader.kept(source, body)
  if (bytes !== undefined) {
    exchange.send(status, encoder.encode(headers), bytes)
    return NOBODY
  }
  const sending = new Sending(exchange)
  void sending.run(answer, body!, services)
  return sending
}

class Sending implements ExchangeListener {
  readonly cpuMs = 0
  readonly isCold = false
  readonly #exchange: Exchange
  #isGone = false
  #onMove: (() => void) | undefined

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  bodyChunk(): void {}
  bodyFailed(): void {}

  writable(): void {
    this.#onMove?.()
  }

  clientGone(): void {
    this.#isGone = true
    this.#onMove?.()
  }

  async run(answer: AssetAnswer, body: AssetBody, services: SendServices): Promise<void> {
    try {
      if (body.size <= SMALL_BYTES) await this.#sendWhole(answer, body, services)
      else await this.#sendParts(answer, body, services)
    } catch (error) {
      const { id, method, url } = this.#exchange
      services.tenant.refused(
        'ASSET_UNREADABLE',
        id,
        `${method} ${url}: ASSET_UNREADABLE: ${(error as Error).message}`,
      )
      this.#exchange.fail('ASSET_UNREADABLE')
    }
  }

  async #sendWhole({ status, headers }: AssetAnswer, body: AssetBody, services: SendServices): Promise<void> {
    const bytes = await services.reader.read(services.source, body)
    this.#exchange.send(status, encoder.encode(headers), bytes)
  }

  async #sendParts({ status, headers }: AssetAnswer, body: AssetBody, services: SendServices): Promise<void> {
    await using file: OpenFile = await services.reader.open(services.source, body)
    const length = toHeaderLines(':length', String(body.end - body.start))
    this.#exchange.start(status, encoder.encode(headers + length))
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- part by part
      const part = await file.next()
      if (this.#isGone) return
      if (part === undefined) return this.#exchange.finish()
      // oxlint-disable-next-line no-await-in-loop
      if (!this.#exchange.write(part)) await this.#moved()
      if (this.#isGone) return
    }
  }

  #moved(): Promise<void> {
    return new Promise((resolve) => (this.#onMove = resolve))
  }
}
