/** The tables of queues in SQLite, and what is asked of them. */

/** The body stands last: who looks for what stands before it does not read it. */
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    count INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    paused INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    queue INTEGER NOT NULL,
    due INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    body BLOB NOT NULL
  );
  CREATE INDEX IF NOT EXISTS message_due ON message (queue, due, seq);
  CREATE INDEX IF NOT EXISTS message_age ON message (queue, seq);
  CREATE INDEX IF NOT EXISTS message_expires ON message (expires);
`

export interface QueueRow {
  readonly id: number
  readonly count: number
  readonly bytes: number
  readonly paused: number
}

/** Where a message stands among those of its queue. */
export interface Place {
  readonly due: number
  readonly seq: number
}

export interface ReadyRow extends Place {
  readonly bytes: number
}

export interface MessageRow {
  readonly seq: number
  readonly id: string
  readonly sent: number
  readonly expires: number
  readonly attempts: number
  readonly type: string
  readonly body: Uint8Array
}

/** The most that is taken away at once: others wait meanwhile. */
const MOST_SWEPT = 500
const MESSAGE = 'seq, id, sent, expires, attempts, type, body'

export const STATEMENTS = {
  find: 'SELECT id, count, bytes, paused FROM queue WHERE name = ?',
  found: 'INSERT INTO queue (name) VALUES (?) RETURNING id, count, bytes, paused',
  count: 'UPDATE queue SET count = count + ?, bytes = bytes + ? WHERE id = ?',
  pause: 'UPDATE queue SET paused = ? WHERE id = ?',
  drop: 'DELETE FROM queue WHERE name = ?',
  holding: 'SELECT name FROM queue WHERE count > 0 AND paused = 0',
  add: 'INSERT INTO message (queue, due, sent, expires, type, id, bytes, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  ready:
    'SELECT seq, due, bytes FROM message WHERE queue = ? AND due <= ? AND (due, seq) > (?, ?) AND expires > ? ORDER BY due, seq LIMIT ?',
  next: 'SELECT due FROM message WHERE queue = ? AND due > ? ORDER BY due LIMIT 1',
  first: 'SELECT due FROM message WHERE queue = ? AND due <= ? ORDER BY due LIMIT 1',
  oldest: 'SELECT sent FROM message WHERE queue = ? ORDER BY seq LIMIT 1',
  read: `SELECT ${MESSAGE} FROM message WHERE seq = ?`,
  peek: `SELECT ${MESSAGE} FROM message WHERE queue = ? AND expires > ? ORDER BY due, seq LIMIT ?`,
  some: `SELECT seq, due, bytes FROM message WHERE queue = ? LIMIT ${MOST_SWEPT}`,
  again: 'UPDATE message SET due = ?, attempts = ? WHERE seq = ? AND queue = ?',
  bury: 'UPDATE message SET queue = ?, due = ?, expires = ?, attempts = 0 WHERE seq = ? AND queue = ? RETURNING bytes',
  delete: 'DELETE FROM message WHERE seq = ? AND queue = ? RETURNING bytes',
  expired: `SELECT seq, queue FROM message WHERE expires <= ? LIMIT ${MOST_SWEPT}`,
} as const
