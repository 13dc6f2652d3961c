/** Why tests fail that are not going to pass, by the beginning of a file's path. */

const REASONS: readonly (readonly [string, string])[] = []

export function reasonFor(path: string): string | undefined {
  return REASONS.find(([start]) => path.startsWith(start))?.[1]
}
