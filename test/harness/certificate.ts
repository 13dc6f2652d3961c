/** Certificates that a test makes for itself, and a client that looks at them. */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'

import type { TlsFiles } from '../../host/config/config.ts'
import type { Answer } from './http.ts'

/** Why certificates cannot be made here, if they cannot. */
export const NO_OPENSSL = hasOpenssl() ? undefined : 'openssl is not installed'

/** A certificate for these host names, signed by itself, and its key. Replaces the files if they are there. */
export function makeCertificate(folder: string, name: string, hosts: string[], days = 90): TlsFiles {
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
  const names = hosts.map((host) => `DNS:${host}`).join()
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  args.push('-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`, '-days', String(days))
  execFileSync('openssl', [...args, '-keyout', files.key, '-out', files.cert], { stdio: 'pipe' })
  return files
}

/** An encrypted connection, once the handshake is over. Certificates are not checked unless asked for. */
export function connectTls(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
      socket.off('error', reject)
      resolve(socket)
    })
    socket.once('error', reject)
  })
}

/** The host names of the certificate that the server has for this one. */
export async function askForNames(port: number, servername?: string): Promise<string> {
  const socket = await connectTls(port, servername === undefined ? {} : { servername })
  const { subjectaltname = '' } = socket.getPeerCertificate()
  socket.destroy()
  return subjectaltname
}

/** A request to the host name of an app, whose certificate is checked. */
export function sendSecure(
  port: number,
  host: string,
  path: string,
  files: TlsFiles,
): Promise<Pick<Answer, 'status' | 'text'>> {
  return new Promise((resolve, reject) => {
    const ca = readFileSync(files.cert)
    const options = {
      host: '127.0.0.1',
      port,
      path,
      servername: host,
      headers: { host },
      ca,
      agent: false as const,
    }
    const started = request(options, (message) => {
      let text = ''
      message.setEncoding('utf8').on('data', (part: string) => (text += part))
      message.on('end', () => resolve({ status: message.statusCode ?? 0, text }))
      message.on('error', reject)
    })
    started.on('error', reject).end()
  })
}

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
