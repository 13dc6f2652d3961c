import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/sqlite-proxy'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

const notes = sqliteTable('notes', { id: integer('id').primaryKey(), text: text('text') })

export default {
  async fetch() {
    const asked = []
    const db = drizzle(async (sql, params) => {
      asked.push([sql, params])
      return { rows: [[1, 'hi']] }
    })
    return Response.json({ rows: await db.select().from(notes).where(eq(notes.id, 1)), asked })
  },
}
