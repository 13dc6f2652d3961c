/** nginx, which serves files and nothing else here: one worker process, as one shard. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { toHosts } from '../hosts.ts'
import { findPort, startProcess } from '../server-process.ts'
import type { ServerProcess } from '../server-process.ts'

/** Serves the files of `root`. */
export async function startNginx(root: string, directory: string): Promise<ServerProcess> {
  const port = await findPort()
  const file = join(directory, 'nginx.conf')
  await writeFile(file, toConfig(root, directory, port))
  return await startProcess({
    command: 'nginx',
    args: ['-c', file, '-p', directory],
    port,
    hosts: toHosts(1),
  })
}

function toConfig(root: string, directory: string, port: number): string {
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(directory, name)};`,
  )
  return `daemon off;
user root;
worker_processes 1;
pid ${join(directory, 'nginx.pid')};
error_log ${join(directory, 'nginx.log')};
events { worker_connections 1024; }
http {
  ${places.join('\n  ')}
  access_log off;
  keepalive_requests 1000000;
  include /etc/nginx/mime.types;
  server {
    listen 127.0.0.1:${port};
    root ${root};
    add_header Cache-Control "public, max-age=0, must-revalidate";
  }
}
`
}
