import { describe, test } from 'vitest'

import { splitStatements } from './split.ts'

describe('a text of SQL', () => {
  test.for([
    ['', []],
    ['-- nothing\n;;', []],
    ['SELECT 1', ['SELECT 1']],
    ['SELECT 1;\n-- two\nSELECT 2; ', ['SELECT 1;', '-- two\nSELECT 2;']],
    [
      "SELECT ';', \"a;b\", `;`, [;] /* ; */; SELECT 'it''s;'",
      ['SELECT \';\', "a;b", `;`, [;] /* ; */;', "SELECT 'it''s;'"],
    ],
    [
      'CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = CASE WHEN 1 THEN 2 END; DELETE FROM b; END; SELECT 1',
      [
        'CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = CASE WHEN 1 THEN 2 END; DELETE FROM b; END;',
        'SELECT 1',
      ],
    ],
    ['CREATE TABLE trigger_log (a); SELECT 1', ['CREATE TABLE trigger_log (a);', 'SELECT 1']],
    ["SELECT 'open; SELECT 1", ["SELECT 'open; SELECT 1"]],
  ] as const)('%s', ([sql, statements], { expect }) => {
    expect(splitStatements(sql)).toEqual(statements)
  })
})
