/**
 * The worker that runs one file of tests: it evaluates the scripts of the request in the global scope, one after the
 * other, and answers with what the test harness says about each subtest. The same module runs on NANO, on workerd (which
 * has a binding for that) and in Node.
 */

const { parse, stringify } = JSON
const Reply = Response
const later = setTimeout

export default {
  async fetch(request, env) {
    if (request.method === 'GET') return new Reply('ready')
    const { scripts, limitMs } = parse(await request.text())
    const unsafe = env?.UNSAFE_EVAL
    if (unsafe) globalThis.eval = (source) => unsafe.eval(String(source), 'eval')
    const evaluate = unsafe
      ? (source, name) => unsafe.eval(source, name)
      : (source) => (0, globalThis.eval)(source)
    return new Reply(stringify(await runScripts(scripts, evaluate, limitMs)))
  },
}

/** `{ results: [name, status, message][], error }`; status 0 is a pass. */
export function runScripts(scripts, evaluate, limitMs) {
  return new Promise((resolve) => {
    const errors = []
    const finish = (results, error) =>
      resolve({ results, error: [...errors, error ?? ''].filter(Boolean).join(' | ') })
    globalThis.wptGuest = { finish, started: false }
    for (const [name, source] of scripts) {
      try {
        evaluate(source, name)
      } catch (error) {
        errors.push(`${name}: ${error}`)
      }
    }
    if (errors.length > 0) later(() => globalThis.wptGuest.started || finish([]), 500)
    later(() => globalThis.wptGuest.timeout?.(), limitMs)
    later(() => finish([], 'no end'), limitMs + 2000)
  })
}
