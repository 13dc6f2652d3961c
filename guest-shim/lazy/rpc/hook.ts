/** What stands behind a stub. */

/** Something that may be called, here or in another guest. */
export interface Hook {
  /**
   * Calls it, or the member of it that the path leads to. `args` undefined: the member is read. What comes is of this guest:
   * what the other one passed by reference is a stub in it.
   */
  invoke(path: readonly string[], args: readonly unknown[] | undefined): Promise<unknown>
  /** Another one for the same thing, to be disposed of by itself. */
  dup(): Hook
  /** It is not needed any more: called once. */
  dispose(): void
}
