import { type } from 'arktype'

const User = type({ name: 'string', 'age?': 'number > 3' })

export default { fetch: () => Response.json([User({ name: 'a' }), String(User({ name: 1 }))]) }
