// Kysely on D1
import { Kysely, sql } from 'kysely'
import { D1Dialect } from 'kysely-d1'

export default {
  async fetch(_request, env) {
    const db = new Kysely({ dialect: new D1Dialect({ database: env.DB }) })
    await db.schema.dropTable('people').ifExists().execute()
    await db.schema
      .createTable('people')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull().unique())
      .execute()
    const inserted = await db
      .insertInto('people')
      .values([{ name: 'Ada' }, { name: 'Bob' }])
      .executeTakeFirst()
    const returned = await db.insertInto('people').values({ name: 'Eve' }).returningAll().executeTakeFirst()
    const rows = await db
      .selectFrom('people')
      .selectAll()
      .where('name', 'like', '%e%')
      .orderBy('id')
      .execute()
    const updated = await db.updateTable('people').set({ name: 'Bea' }).where('id', '=', 2).executeTakeFirst()
    const { rows: counted } = await sql`SELECT count(*) AS n FROM people`.execute(db)
    const failed = await db
      .insertInto('people')
      .values({ name: 'Ada' })
      .execute()
      .catch((error) => error.message)
    return Response.json([
      Number(inserted.insertId),
      Number(inserted.numInsertedOrUpdatedRows),
      returned,
      rows,
      Number(updated.numUpdatedRows),
      counted,
      failed,
    ])
  },
}
