// What Prisma's driver for D1 calls: the client above it is made by a generator
import { PrismaD1 } from '@prisma/adapter-d1'

export default {
  async fetch(_request, env) {
    const adapter = await new PrismaD1(env.DB).connect()
    await adapter.executeScript(
      'DROP TABLE IF EXISTS things; CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size REAL, at DATETIME, data BLOB, ok BOOLEAN)',
    )
    const type = (arity, scalarType, dbType) => ({ arity, scalarType, dbType })
    const count = await adapter.executeRaw({
      sql: 'INSERT INTO things (name, size, at, data, ok) VALUES (?, ?, ?, ?, ?)',
      args: ['a', 1.5, '2026-01-01T00:00:00.000Z', 'AQL/', true],
      argTypes: [
        type('scalar', 'string'),
        type('scalar', 'float'),
        type('scalar', 'datetime'),
        type('scalar', 'bytes'),
        type('scalar', 'boolean'),
      ],
    })
    const { columnNames, columnTypes, rows } = await adapter.queryRaw({
      sql: 'SELECT * FROM things',
      args: [],
      argTypes: [],
    })
    const transaction = await adapter.startTransaction()
    await transaction.executeRaw({
      sql: 'INSERT INTO things (name) VALUES (?)',
      args: ['b'],
      argTypes: [type('scalar', 'string')],
    })
    await transaction.commit()
    const failures = []
    for (const sql of [
      "INSERT INTO things (name) VALUES ('a')",
      'INSERT INTO things (name) VALUES (NULL)',
      'SELECT * FROM nowhere',
    ]) {
      failures.push(
        await adapter.queryRaw({ sql, args: [], argTypes: [] }).then(
          () => 'done',
          (error) => error.cause ?? error.message,
        ),
      )
    }
    return Response.json([count, columnNames, columnTypes, rows, failures])
  },
}
