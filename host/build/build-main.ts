/**
 * The build process: makes what it is asked for, one thing after the other, until whoever started it is gone.
 * `builder.ts` starts it, and ends it when it takes too long.
 */
import { toFault } from '../errors.ts'
import type { BuildJob, FromBuilder } from './job.ts'
import { make } from './make.ts'

process.on('message', (job: BuildJob) => void work(job))
process.on('disconnect', () => process.exit())

async function work(job: BuildJob): Promise<void> {
  const variables = { ...job.variables, TMPDIR: job.temporary }
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  try {
    const made = await make(job, {
      onStep: (step) => tell({ type: 'step', step }),
      onInputs: (paths) => tell({ type: 'inputs', paths }),
    })
    tell({ type: 'made', made })
  } catch (thrown) {
    tell({ type: 'failed', fault: toFault(thrown) })
  }
}

function tell(message: FromBuilder): void {
  process.send?.(message)
}
