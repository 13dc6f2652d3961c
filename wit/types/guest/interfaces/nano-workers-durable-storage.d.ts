declare module 'nano:workers/durable-storage' {
  export function perform(operation: Operation, input: Uint8Array): Uint8Array;
  export function sync(id: number): void;
  /**
   * # Variants
   * 
   * ## `"get"`
   * 
   * A list of keys. Gives a list of lengths, -1 for what there is not, and the values.
   * ## `"entries"`
   * 
   * `{"start", "startAfter", "end", "prefix", "reverse", "limit"}`, each of which may be missing. Gives `[keys, lengths]` and the
   * values, in the order of the bytes of their keys.
   * ## `"put"`
   * 
   * A list of `[key, length]`, and the values.
   * ## `"delete"`
   * 
   * A list of keys. Gives how many of them there were.
   * ## `"delete-all"`
   * 
   * Gives null, as those do that say nothing else.
   * ## `"query"`
   * 
   * `[{"sql", "params"}]` and BLOBs, as in `sql`. Gives `{"rows", "columns", "blobs", "rowsRead", "rowsWritten"}` of the last
   * statement, and the bytes of BLOBs. `blobs`: `[row, column, length]` of each.
   * ## `"get-alarm"`
   * 
   * Gives milliseconds since 1970, or null.
   * ## `"set-alarm"`
   * 
   * The same; null: no alarm any more.
   * ## `"size"`
   * 
   * Gives bytes.
   * ## `"begin"`
   * 
   * A transaction, within one that is open if there is one. What is not released when the object ends is gone.
   * ## `"release"`
   * 
   * ## `"undo"`
   */
  export type Operation = 'get' | 'entries' | 'put' | 'delete' | 'delete-all' | 'query' | 'get-alarm' | 'set-alarm' | 'size' | 'begin' | 'release' | 'undo';
  export type Event = EventDurableStored;
  /**
   * What was written before the `sync` of this id is on the disk.
   */
  export interface EventDurableStored {
    tag: 'durable-stored',
    val: number,
  }
}
