// The worker in plain Node: the work comes on stdin, the answer is the last line of stdout.
import { runInThisContext } from 'node:vm'

import { runScripts } from './index.js'

let text = ''
for await (const chunk of process.stdin) text += chunk
const { scripts, limitMs } = JSON.parse(text)
const { exit } = process
const { stringify } = JSON
const write = process.stdout.write.bind(process.stdout)
process.on('uncaughtException', () => {})
process.on('unhandledRejection', () => {})
const evaluate = (source, filename) => runInThisContext(source, { filename })
const answer = await runScripts(scripts, evaluate, limitMs)
write(`\nANSWER ${stringify(answer)}\n`, () => exit(0))
