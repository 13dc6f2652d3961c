import { produce } from 'immer'
import lodash from 'lodash'
import * as R from 'ramda'
import semver from 'semver'
import superjson from 'superjson'
import { v5 } from 'uuid'

export default {
  fetch: () =>
    Response.json([
      produce({ a: [1] }, (draft) => void draft.a.push(2)),
      lodash.groupBy([1.2, 1.7, 2.1], Math.floor),
      R.pipe(R.map(R.inc), R.sum)([1, 2]),
      semver.satisfies('1.2.3', '^1.0.0'),
      superjson.stringify({ when: new Date(0), set: new Set([1]) }),
      v5('nano', v5.URL),
    ]),
}
