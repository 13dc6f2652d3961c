/** The built component, served as in production, and asked over HTTP. */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

import { afterAll, beforeAll, expect, test } from 'vitest'

let server: ChildProcess
let url: string

beforeAll(async () => {
  const child = spawn('nano-workers', ['serve', '--port', '0', '--admin-port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  server = child
  url = await new Promise((resolve, reject) => {
    let out = ''
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString()
      const port = /127\.0\.0\.1:(\d+)/.exec(out)?.[1]
      if (port !== undefined) resolve(`http://localhost:${port}`)
    })
    child.once('error', reject)
    child.once('exit', (status) => reject(new Error(`the server ended with status ${status}`)))
  })
}, 60_000)

afterAll(() => {
  server.kill()
})

test('greets with the words of nano.json', async () => {
  const response = await fetch(url)
  expect(response.status).toBe(200)
  expect(await response.text()).toBe('Hello from NANO!\n')
})

test('says when there is nothing', async () => {
  expect((await fetch(`${url}/nowhere`)).status).toBe(404)
})
