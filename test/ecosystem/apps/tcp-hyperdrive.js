// Hyperdrive's binding, by two drivers
import pg from 'pg'
import postgres from 'postgres'

export default {
  async fetch(_request, { HYPERDRIVE }) {
    const client = new pg.Client({ connectionString: HYPERDRIVE.connectionString })
    await client.connect()
    const { rows } = await client.query('SELECT $1::text AS said, current_user AS user', ['by pg'])
    await client.end()
    const { host, port, user, password, database } = HYPERDRIVE
    const sql = postgres({ host, port, user, password, database, max: 2, fetch_types: false })
    const [row] = await sql`SELECT ${'by postgres'}::text AS said, current_database() AS database`
    await sql.end()
    return Response.json([rows[0], row, typeof port])
  },
}
