// PostgreSQL by postgres
import postgres from 'postgres'

export default {
  async fetch(_request, env) {
    const sql = postgres(env.POSTGRES, { max: 2, onnotice() {} })
    await sql`DROP TABLE IF EXISTS people_postgres`
    await sql`CREATE TABLE people_postgres (id serial PRIMARY KEY, name text UNIQUE, data jsonb)`
    const people = [
      { name: 'Ada', data: { tags: ['ä', '😀'] } },
      { name: 'Bob', data: null },
    ]
    const inserted = await sql`INSERT INTO people_postgres ${sql(people)} RETURNING id, name`
    const rows = await sql`SELECT * FROM people_postgres WHERE name IN ${sql(['Ada', 'Eve'])}`
    const failed = await sql`INSERT INTO people_postgres (name) VALUES ('Ada')`.catch(({ code }) => code)
    const undone = await sql
      .begin(async (transaction) => {
        await transaction`DELETE FROM people_postgres`
        throw new Error('no')
      })
      .catch(({ message }) => message)
    const parts = []
    await sql`SELECT generate_series(1, 5) AS n`.cursor(2, (each) => void parts.push(each.map(({ n }) => n)))
    const [{ count }] = await sql`SELECT count(*)::int FROM people_postgres`
    const [{ text }] = await sql`SELECT repeat('x', 1000000) AS text`
    await sql.end()
    return Response.json({ inserted, rows, failed, undone, parts, count, large: text.length })
  },
}
