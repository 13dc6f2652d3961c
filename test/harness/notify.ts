/** What a service manager hears: a real datagram socket, for which Node has none. */

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** Why there is no such socket here, or nobody who could write to it. */
export const NO_NOTIFY = ['python3', 'systemd-notify'].flatMap(toMissing)[0]

export interface NotifySocket extends AsyncDisposable {
  readonly path: string
  /** Messages, in order. */
  readonly heard: readonly string[]
}

const SCRIPT = `
import socket, sys
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(sys.argv[1])
print('open', flush=True)
while True:
    for line in heard.recv(4096).decode().splitlines():
        print(line, flush=True)
`

export async function listenForNotes(folder: string): Promise<NotifySocket> {
  const path = join(folder, 'notify')
  const child = spawn('python3', ['-c', SCRIPT, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
  await once(child.stdout, 'data')
  return {
    path,
    get heard() {
      // the barrier is systemd-notify's own
      return text
        .split('\n')
        .slice(1, -1)
        .filter((line) => line !== 'BARRIER=1')
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

function toMissing(program: string): string[] {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return []
  } catch {
    return [`${program} is not installed`]
  }
}
