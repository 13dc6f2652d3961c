import { parse } from 'csv-parse/sync'

export default {
  fetch: () => Response.json(parse('a,b\n1,"x, y"\n2,z\n', { columns: true })),
}
