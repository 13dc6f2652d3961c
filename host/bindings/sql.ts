/** SQL (wit/sql.wit): starts calls; data.ts has what becomes of them, host/storage/sql who runs them. */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-sql.d.ts'
import type { QueryCall } from '../storage/sql/open.ts'
import type { BindingContext } from './binding.ts'
import type { DataAsk } from './data.ts'
import { PassiveBinding } from './passive-binding.ts'

const KIND = 'd1'

class SqlBinding extends PassiveBinding {
  readonly #context: Pick<BindingContext, 'data' | 'sql'>

  constructor(context: Pick<BindingContext, 'data' | 'sql'>) {
    super()
    this.#context = context
  }

  readonly imports = {
    query: (id: number, database: Uint8Array, shape: Wit.RowShape, statements: Uint8Array): void => {
      const { data, sql } = this.#context
      const call: QueryCall = { op: 'query', args: { shape, ...sql } }
      data.start(id, KIND, database, (): DataAsk => ({ ...call, body: statements }))
    },
  } satisfies typeof Wit
}

export const bind = (context: BindingContext): SqlBinding => new SqlBinding(context)
