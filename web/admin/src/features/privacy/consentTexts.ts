import type { ConsentText } from '../../lib/api/types'

type Versions = [ConsentText, ...ConsentText[]]

/** Versions of each text together, the newest first; a text is known by its name and language. */
export function byText(texts: readonly ConsentText[]): Versions[] {
  const found = new Map<string, Versions>()
  for (const text of [...texts].sort((a, b) => b.version - a.version)) {
    const key = `${text.lang}:${text.name}`
    const known = found.get(key)
    if (known) known.push(text)
    else found.set(key, [text])
  }
  return [...found.values()].sort(([a], [b]) => a.name.localeCompare(b.name) || a.lang.localeCompare(b.lang))
}
