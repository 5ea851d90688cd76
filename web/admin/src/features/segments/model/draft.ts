/** What was begun and not saved; kept in the browser, so that a closed tab loses nothing. */

export interface Draft {
  name: string
  description: string
  definition: unknown
}

const KEY = 'otklik.segment-draft'

export function keepDraft(draft: Draft): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(draft))
  } catch {
    // A full or forbidden store keeps no drafts; the page works without them.
  }
}

export function keptDraft(): Draft | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null')
    if (typeof value !== 'object' || value === null || !('definition' in value)) return null
    const { name, description, definition } = value as Partial<Draft>
    return { name: String(name ?? ''), description: String(description ?? ''), definition }
  } catch {
    return null
  }
}

export function forgetDraft(): void {
  try {
    localStorage.removeItem(KEY)
  } catch {
    // As above.
  }
}
