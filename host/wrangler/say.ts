/** What is said about a key that does not hold as it stands. */
export type Say = (key: string, text: string) => void
