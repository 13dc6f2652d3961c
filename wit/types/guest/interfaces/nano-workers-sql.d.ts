declare module 'nano:workers/sql' {
  /**
   * Statements, several of which are one transaction: `[{"sql", "params"}]` as JSON, LF, and then the bytes of all BLOBs, one
   * behind the other. A parameter is null, a number, a text, or `{"blob": length}`. The answer's meta is `null`; its body is
   * JSON: D1's results, one for each statement, each with its rows as `shape` says.
   */
  export function query(id: number, database: Uint8Array, shape: RowShape, statements: Uint8Array): void;
  /**
   * As objects; as arrays, with the names of the columns; the first one, as an object; none of them.
   * # Variants
   * 
   * ## `"objects"`
   * 
   * ## `"arrays"`
   * 
   * ## `"first"`
   * 
   * ## `"none"`
   */
  export type RowShape = 'objects' | 'arrays' | 'first' | 'none';
}
