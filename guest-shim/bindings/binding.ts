/**
 * What the guest's half of an interface is: one file, the only one that imports the interface, with an export `binding`.
 * `registry.ts` has all of them.
 */

/** `Event`: the interface's own events; `never` when it has none. */
export interface GuestBinding<Event extends { tag: string } = never> {
  /** Who takes them. */
  readonly events: { readonly [Each in Event as Each['tag']]: (value: ValueOf<Each>) => void }
  /**
   * What it makes for an app's `env`, by kind. `settings`: parsed JSON. `name`: the member's, for messages. `env`: has not
   * all of its members yet.
   */
  readonly kinds?: Readonly<
    Record<string, (settings: unknown, name: string, env: Readonly<Record<string, unknown>>) => unknown>
  >
}

type ValueOf<Event> = Event extends { val: infer Value } ? Value : void
