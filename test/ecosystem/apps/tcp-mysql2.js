// MariaDB by mysql2
import { createConnection, createPool } from 'mysql2/promise'

export default {
  async fetch(_request, env) {
    const options = { uri: env.MARIADB, disableEval: true }
    const connection = await createConnection(options)
    await connection.query('DROP TABLE IF EXISTS people')
    await connection.query(
      'CREATE TABLE people (id int AUTO_INCREMENT PRIMARY KEY, name varchar(99) UNIQUE, born datetime) CHARACTER SET utf8mb4',
    )
    const [inserted] = await connection.query('INSERT INTO people (name, born) VALUES ?', [
      [
        ['Ada ä😀', '1815-12-10 00:00:00'],
        ['Bob', null],
      ],
    ])
    const [rows, fields] = await connection.execute('SELECT id, name FROM people WHERE id > ?', [0])
    const failed = await connection
      .query("INSERT INTO people (name) VALUES ('Bob')")
      .catch(({ code }) => code)
    await connection.beginTransaction()
    await connection.query('DELETE FROM people')
    await connection.rollback()
    const [[{ text }]] = await connection.query("SELECT repeat('x', 1000000) AS text")
    await connection.end()
    const secure = await createConnection({ ...options, ssl: { ca: env.MARIADB_CA } })
    const [[{ Value: cipher }]] = await secure.query("SHOW STATUS LIKE 'Ssl_cipher'")
    await secure.end()
    const pool = createPool({ ...options, connectionLimit: 3 })
    const sums = await Promise.all(
      [1, 2, 3, 4, 5].map((n) => pool.query('SELECT ? + count(*) AS sum FROM people', [n])),
    )
    await pool.end()
    return Response.json({
      inserted: [inserted.affectedRows, inserted.insertId],
      rows,
      fields: fields.map(({ name }) => name),
      failed,
      large: text.length,
      isSecure: cipher.length > 0,
      sums: sums.map(([[{ sum }]]) => sum),
    })
  },
}
