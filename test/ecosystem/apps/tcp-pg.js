// PostgreSQL by pg, which takes pg-cloudflare
import pg from 'pg'

export default {
  async fetch(_request, env) {
    const client = new pg.Client({ connectionString: env.POSTGRES })
    await client.connect()
    await client.query('DROP TABLE IF EXISTS people_pg')
    await client.query(
      'CREATE TABLE people_pg (id serial PRIMARY KEY, name text UNIQUE, data jsonb, born timestamptz)',
    )
    const inserted = await client.query(
      'INSERT INTO people_pg (name, data, born) VALUES ($1, $2, $3), ($4, $5, NULL) RETURNING id',
      ['Ada', { tags: ['ä', '😀'] }, new Date(0), 'Bob', null],
    )
    const { rows, fields } = await client.query('SELECT * FROM people_pg ORDER BY id')
    const failed = await client.query("INSERT INTO people_pg (name) VALUES ('Ada')").catch(({ code }) => code)
    await client.query('BEGIN')
    await client.query('DELETE FROM people_pg')
    await client.query('ROLLBACK')
    const large = await client.query("SELECT repeat('x', 1000000) AS text")
    await client.end()
    const pool = new pg.Pool({ connectionString: env.POSTGRES, max: 3 })
    const sums = await Promise.all(
      [1, 2, 3, 4, 5].map((n) => pool.query('SELECT $1::int + count(*) AS sum FROM people_pg', [n])),
    )
    await pool.end()
    return Response.json({
      inserted: [inserted.rowCount, inserted.rows],
      rows,
      fields: fields.map(({ name }) => name),
      failed,
      large: large.rows[0].text.length,
      sums: sums.map((result) => result.rows[0].sum),
    })
  },
}
