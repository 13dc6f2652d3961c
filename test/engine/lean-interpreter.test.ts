/** The engine that is installed has an interpreter that is known, for each world, and what is left out of it changes nothing. */

import { afterAll, beforeAll, describe, test } from 'vitest'

import { spliceEngine } from '../../host/build/spliced-engine.ts'
import { leanInterpreter } from '../../host/engine/starlingmonkey/lean-interpreter.ts'
import { WORLD_VERSIONS } from '../../host/engine/worlds.ts'
import { readFunctions } from '../../host/wasm/functions.ts'
import { encodeModule, findSection, parseModule, replaceSection, SECTION } from '../../host/wasm/sections.ts'
import { witText } from '../../wit/text.ts'
import { runFrameCases } from '../fixtures/shared/frame-cases.ts'
import { runLiteralCases } from '../fixtures/shared/literal-cases.ts'
import { fixture, serve, type Served } from '../harness/serve.ts'

/** Where the end of a frame looks for environments: what it calls for that gets the context, a place of 8 bytes, the frame. */
const FIND = Buffer.from('2001200341086a20012000200210', 'hex')

describe.for(WORLD_VERSIONS)('an engine of world %s', (world) => {
  test('is known', async ({ expect }) => {
    const engine = parseModule((await spliceEngine(witText(world))).module)
    const before = readFunctions(engine)
    const lean = leanInterpreter(engine)
    const after = readFunctions(lean)
    const changed = before.bodies.flatMap((body, i) => {
      const left = after.bodies[i]!
      return Buffer.compare(body, left) === 0 ? [] : [{ shorter: body.length - left.length, has: left }]
    })
    // 213 loads of what asks for interrupts, each with an or, less what a longer table of labels takes; what a definition begins
    // with; two calls for environments, and what is forgotten behind them
    expect(changed.map(({ shorter }) => shorter)).toEqual([213 * 7 - 61, -358, 47])
    expect(Buffer.from(changed[2]!.has).includes(FIND)).toBe(false)
    expect(() => new WebAssembly.Module(encodeModule(lean))).not.toThrow()
  })

  test('stays as it is when its code is another one', async ({ expect }) => {
    const engine = parseModule((await spliceEngine(witText(world))).module)
    const code = Buffer.from(findSection(engine, SECTION.code)!)
    // at another place
    code[code.indexOf(FIND) + 5] = 16
    const other = replaceSection(engine, SECTION.code, code)
    expect(leanInterpreter(other) === other).toBe(true)
  })
})

describe('an app', () => {
  let server: Served
  beforeAll(async () => {
    server = await serve([
      { name: 'interpreter', path: fixture('interpreter'), cpu_ms: 10_000, memory_mb: 256 },
    ])
  })
  afterAll(() => server.close())

  test('comes in and out of functions as in Node, with what they see', async ({ expect }) => {
    const answer = await server.send('interpreter', '/frames')
    expect(answer.json()).toEqual(JSON.parse(JSON.stringify(await runFrameCases())))
  })

  test('makes objects as in Node, whatever is collected meanwhile', async ({ expect }) => {
    const answer = await server.send('interpreter', '/literals')
    expect(answer.json()).toEqual(runLiteralCases())
  })
})
