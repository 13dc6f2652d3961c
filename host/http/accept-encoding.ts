/** Which content codings a client takes (RFC 9110 12.5.3). Pure. */

/** The first of `known` that the client takes; undefined: the bytes as they are. */
export function chooseCoding<Coding extends string>(
  header: string | undefined,
  known: readonly Coding[],
): Coding | undefined {
  if (header === undefined) return undefined
  const weights = new Map(header.split(',').map(parseItem))
  const anything = weights.get('*') ?? 0
  return known.find((coding) => (weights.get(coding) ?? anything) > 0)
}

function parseItem(item: string): [coding: string, weight: number] {
  const [coding = '', ...parameters] = item.toLowerCase().split(';')
  const weight = parameters.map((each) => each.trim()).find((each) => each.startsWith('q='))
  return [coding.trim(), weight === undefined ? 1 : Number(weight.slice(2)) || 0]
}
