/** `process.emitWarning`: tells the log, and who listens. */

interface Options {
  readonly type?: string
  readonly code?: string
  readonly detail?: string
}

/** `emit`: hands the warning to listeners. */
export function emitWarning(emit: (warning: Error) => void, ...args: unknown[]): void {
  const [given, second] = args
  const isNamed = typeof second === 'object' && second !== null
  const {
    type = 'Warning',
    code,
    detail,
  } = (
    isNamed ? second : { type: second, code: typeof args[2] === 'string' ? args[2] : undefined }
  ) as Options
  const warning = given instanceof Error ? given : new Error(String(given))
  if (!(given instanceof Error)) {
    warning.name = typeof type === 'string' ? type : 'Warning'
    if (code !== undefined) Object.assign(warning, { code })
    if (detail !== undefined) Object.assign(warning, { detail })
  }
  const { code: shown } = warning as { code?: string }
  const text = `${shown === undefined ? '' : `[${shown}] `}${warning.name}: ${warning.message}`
  console.warn(detail === undefined ? text : `${text}\n${detail}`)
  queueMicrotask(() => emit(warning))
}
