/**
 * Host name to tenant. Pure and without fallback, but for the one that `serve --app` asks for: a single app that
 * answers on every host name. Keys are canonical host names; two tenants never share one.
 */

export class Router<T> {
  readonly #byHostname: ReadonlyMap<string, T>
  readonly #everyHost: T | undefined

  /** `everyHost`: takes requests for hosts that no entry names. */
  constructor(entries: Iterable<readonly [hostname: string, tenant: T]>, everyHost?: T) {
    const byHostname = new Map<string, T>()
    for (const [hostname, tenant] of entries) {
      if (byHostname.has(hostname)) throw new RangeError(`two tenants for the host ${hostname}`)
      byHostname.set(hostname, tenant)
    }
    this.#byHostname = byHostname
    this.#everyHost = everyHost
  }

  find(hostname: string): T | undefined {
    return this.#byHostname.get(hostname) ?? this.#everyHost
  }
}
