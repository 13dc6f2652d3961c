// Drizzle on D1: queries, relations, a batch, what is returned, and how an error comes through
import { desc, eq, relations, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { blob, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

const users = sqliteTable('users', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  name: text('name').notNull().unique(),
  isAdmin: integer('is_admin', { mode: 'boolean' }).notNull().default(false),
  bornAt: integer('born_at', { mode: 'timestamp' }),
  tags: text('tags', { mode: 'json' }),
  picture: blob('picture', { mode: 'buffer' }),
})
const posts = sqliteTable('posts', {
  id: integer('id').primaryKey(),
  author: integer('author')
    .notNull()
    .references(() => users.id),
  title: text('title').notNull(),
})
const usersRelations = relations(users, ({ many }) => ({ posts: many(posts) }))
const postsRelations = relations(posts, ({ one }) => ({
  by: one(users, { fields: [posts.author], references: [users.id] }),
}))

export default {
  async fetch(_request, env) {
    const db = drizzle(env.DB, { schema: { users, posts, usersRelations, postsRelations } })
    await env.DB.batch(
      [
        'DROP TABLE IF EXISTS posts',
        'DROP TABLE IF EXISTS users',
        'CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, is_admin INTEGER NOT NULL DEFAULT 0, born_at INTEGER, tags TEXT, picture BLOB)',
        'CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES users(id), title TEXT NOT NULL)',
      ].map((each) => env.DB.prepare(each)),
    )
    const made = await db
      .insert(users)
      .values([
        { name: 'Ada', isAdmin: true, bornAt: new Date(0), tags: ['x', 1] },
        { name: 'Bob', picture: Buffer.from([1, 2, 255]) },
      ])
      .returning({ id: users.id, name: users.name, isAdmin: users.isAdmin })
    const batched = await db.batch([
      db.insert(posts).values({ author: 1, title: 'one' }),
      db.insert(posts).values({ author: 1, title: 'two' }),
      db.select({ title: posts.title }).from(posts).orderBy(desc(posts.id)),
    ])
    const related = await db.query.users.findMany({ with: { posts: true }, orderBy: users.id })
    const joined = await db.select().from(posts).innerJoin(users, eq(posts.author, users.id)).all()
    const one = await db
      .select({ n: sql`count(*)` })
      .from(users)
      .get()
    const values = await db.select({ id: users.id, name: users.name }).from(users).values()
    const changed = await db.update(users).set({ name: 'Eve' }).where(eq(users.id, 2)).run()
    const raw = await db.run(sql`DELETE FROM posts WHERE id = ${2}`)
    const all = await db.all(sql`SELECT id, title FROM posts`)
    const failed = await db
      .insert(users)
      .values({ name: 'Ada' })
      .catch((error) => error.cause?.message ?? error.message)
    const upsert = await db
      .insert(users)
      .values({ name: 'Ada' })
      .onConflictDoUpdate({ target: users.name, set: { isAdmin: false } })
      .returning()
    return Response.json([
      made,
      batched[2],
      related,
      joined,
      one,
      values,
      changed.meta.changes,
      raw.meta.changes,
      all,
      failed,
      upsert,
    ])
  },
}
