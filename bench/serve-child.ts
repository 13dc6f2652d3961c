/**
 * NANO as a server under test: what `nano-workers serve` does, and answers for whoever started the process
 * (`ChildQuestions`). It runs compiled, as a release does. Arguments: configuration file, port, shards.
 */

import { readFileSync } from 'node:fs'

import { readConfig } from '../host/config/parse.ts'
import { startServer } from '../host/server.ts'
import type { ChildQuestions } from './child-questions.ts'

const [file, port, shards] = process.argv.slice(2)

const config = readConfig(file!)
const server = await startServer({
  config: { ...config, port: Number(port), shards: Number(shards), admin: false },
  dataDirectory: config.dataDirectory,
  log: ({ text }) => process.stderr.write(`${text}\n`),
})

const answers: {
  [Type in keyof ChildQuestions]: (
    given: ChildQuestions[Type]['ask'],
  ) => Promise<ChildQuestions[Type]['answer']>
} = {
  counters: () => server.counters(),
  async deploy({ name, path }) {
    const component = readFileSync(path)
    const startedAt = performance.now()
    await server.deployed!.deploy({ app: name, hostname: `${name}.localhost`, component })
    return performance.now() - startedAt
  },
  async remove(app) {
    await server.deployed!.remove(app)
    return undefined
  },
}

process.on('message', ({ type, given }: { type: keyof ChildQuestions; given: never }) => {
  answers[type](given).then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ failure: String(error) }),
  )
})
process.on('SIGTERM', () => process.exit())
