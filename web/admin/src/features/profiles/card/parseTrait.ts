/**
 * What was typed, as a value of the type that the trait had. An empty text removes the trait.
 * A new trait takes the type that its text looks like.
 */
export function parseTrait(text: string, before: unknown): unknown {
  const plain = text.trim()
  if (plain === '') return null
  if (typeof before === 'string') return plain
  if (before !== null && typeof before === 'object') {
    try {
      return JSON.parse(plain)
    } catch {
      return Array.isArray(before) ? plain.split(',').map((part) => part.trim()) : plain
    }
  }
  if (/^(true|yes|да)$/i.test(plain) && typeof before !== 'number') return true
  if (/^(false|no|нет)$/i.test(plain) && typeof before !== 'number') return false
  // A phone or a code with leading zeros or a plus is a text, not a number.
  if (/^-?(0|[1-9]\d{0,14})([.,]\d+)?$/.test(plain)) return Number(plain.replace(',', '.'))
  return plain
}
