/** A WIT name as JavaScript writes it. */

/** `wake-in` to `wakeIn`. */
export function toCamel(name: string): string {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** `body-chunk` to `BodyChunk`. */
export function toPascal(name: string): string {
  const camel = toCamel(name)
  return camel.slice(0, 1).toUpperCase() + camel.slice(1)
}
