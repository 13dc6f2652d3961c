/** Names that lead where a test says, instead of asking a name server. */
import type { LookupAddress } from 'node:dns'

import type { Resolve } from '../../host/egress/connect.ts'

/** What a name leads to, one list per time that it is asked. */
export function resolveTo(...answers: string[][]): Resolve & { asked: number } {
  const resolve = (
    _hostname: string,
    _options: object,
    done: (error: Error | null, addresses: LookupAddress[]) => void,
  ): void => {
    const answer = answers[Math.min(resolve.asked++, answers.length - 1)] ?? []
    done(
      null,
      answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
  resolve.asked = 0
  return resolve
}
