import knex from 'knex'
export default {
  async fetch() {
    const k = knex({ client: 'pg' })
    return Response.json([
      k('users')
        .where({ id: 1 })
        .orWhere('name', 'like', '%a%')
        .join('posts', 'users.id', 'posts.user_id')
        .select('users.*')
        .orderBy('id', 'desc')
        .limit(3)
        .toString(),
      k('t')
        .insert([{ a: 1, b: "x'y" }, { a: 2 }])
        .returning('id')
        .toSQL()
        .toNative(),
      k.schema
        .createTable('x', (t) => {
          t.increments()
          t.string('n').notNullable()
          t.timestamps(true, true)
        })
        .toString(),
      k('t').where('d', '<', new Date(0)).del().toString(),
      k.raw('select ?', [5]).toString(),
    ])
  },
}
