/** The host names of a server with so many apps. */
export function toHosts(apps: number): string[] {
  return Array.from({ length: apps }, (_, i) => `app-${i}.localhost`)
}
