/** Frames of WebSockets, byte for byte: what a client writes, and a strict reader of what a server says. */

import { connect } from 'node:net'

export interface FrameOptions {
  readonly isLast?: boolean
  /** The reserved bits, as they stand in the first byte. */
  readonly reserved?: number
  readonly isMasked?: boolean
  /** What the frame says of its length, if that is not true. */
  readonly length?: bigint
}

export const OP = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

const QUIET_MS = 300

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d])

export function frame(opcode: number, payload: string | Uint8Array = '', options: FrameOptions = {}): Buffer {
  const { isLast = true, reserved = 0, isMasked = true } = options
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload)
  const { length = BigInt(bytes.length) } = options
  const first = (isLast ? 0x80 : 0) | reserved | opcode
  const mask = isMasked ? 0x80 : 0
  let head: Buffer
  if (length < 126n) head = Buffer.from([first, mask | Number(length)])
  else if (length < 65_536n) {
    head = Buffer.from([first, mask | 126, 0, 0])
    head.writeUInt16BE(Number(length), 2)
  } else {
    head = Buffer.from([first, mask | 127, 0, 0, 0, 0, 0, 0, 0, 0])
    head.writeBigUInt64BE(length, 2)
  }
  if (!isMasked) return Buffer.concat([head, bytes])
  return Buffer.concat([head, MASK, bytes.map((byte, i) => byte ^ MASK[i % 4]!)])
}

export function closeFrame(code: number, reason: string | Uint8Array = ''): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(code)
  return frame(OP.close, Buffer.concat([head, Buffer.from(reason as Uint8Array)]))
}

/**
 * What a server has said: messages and pongs as `text ...`, `binary ...`, `pong ...`, in the end `close ...`, `cut`. `bye`: if it
 * is the last of the parts it is written when the server has said nothing for a moment, so that all has come back.
 */
export function talkFrames(
  port: number,
  host: string,
  path: string,
  parts: readonly Buffer[],
  bye?: Buffer,
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let received: Buffer = Buffer.alloc(0)
    let isOpen = false
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    socket.setTimeout(5000, () =>
      reject(new Error(`the server fell silent after ${received.toString('hex')}`)),
    )
    let quiet: NodeJS.Timeout | undefined
    const endSoon = (): void => {
      clearTimeout(quiet)
      if (bye !== undefined && parts.at(-1) === bye) quiet = setTimeout(() => socket.write(bye), QUIET_MS)
    }
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes as Buffer])
      endSoon()
      const end = received.indexOf('\r\n\r\n')
      if (isOpen || end < 0) return
      isOpen = true
      received = received.subarray(end + 4)
      for (const part of parts) if (part !== bye) socket.write(part)
    })
    socket.on('end', () => socket.end())
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(quiet)
      try {
        resolve(isOpen ? parse(received) : ['no handshake'])
      } catch (error) {
        reject(error)
      }
    })
  })
}

function parse(bytes: Buffer): string[] {
  const said: string[] = []
  let rest = bytes
  while (rest.length > 0) {
    const [first, second] = [rest[0]!, rest[1]!]
    if ((first & 0xf0) !== 0x80 || (second & 0x80) !== 0)
      throw new Error(`not a server's frame: ${rest.toString('hex')}`)
    const short = second & 0x7f
    const at = short < 126 ? 2 : short === 126 ? 4 : 10
    const length =
      short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2))
    if (rest.length < at + length) throw new Error('a frame is not complete')
    const payload = rest.subarray(at, at + length)
    rest = rest.subarray(at + length)
    said.push(describe(first & 0x0f, payload))
  }
  if (!said.at(-1)?.startsWith('close')) said.push('cut')
  return said
}

function describe(opcode: number, payload: Buffer): string {
  if (opcode === OP.text) return `text ${payload.length > 100 ? payload.length : payload.toString()}`
  if (opcode === OP.binary) return `binary ${payload.length > 100 ? payload.length : payload.toString('hex')}`
  if (opcode === OP.pong) return `pong ${payload.toString('hex')}`
  if (opcode !== OP.close) throw new Error(`not an opcode of a server: ${opcode}`)
  return payload.length === 0
    ? 'close'
    : `close ${payload.readUInt16BE(0)} ${payload.subarray(2).toString()}`.trimEnd()
}
