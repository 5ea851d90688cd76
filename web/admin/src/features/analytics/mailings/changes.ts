/** How far a figure went from that of another period, and whether that is good. Pure. */

export type Kind = 'count' | 'share' | 'money'

export interface Change {
  /** Of counts and money a fraction of the other figure; of shares their difference. */
  by: number
  /** Nothing: neither, such as more letters. */
  tone: 'good' | 'bad' | null
}

/** `good`: 1 when more is better, -1 when less is, 0 when it depends. */
export function changeOf(now: number | null, then: number | null, kind: Kind, good: -1 | 0 | 1): Change | null {
  if (now === null || then === null) return null
  // Nothing to nothing is no change; from nothing to something no percentage leads.
  if (kind !== 'share' && then === 0) return now === 0 ? { by: 0, tone: null } : null
  const by = kind === 'share' ? now - then : now / then - 1
  return { by, tone: by === 0 || good === 0 ? null : by * good > 0 ? 'good' : 'bad' }
}

/** Rows by a column, the largest first after a minus; those without a figure stand last. */
export function sorted<Row>(
  rows: Row[],
  sort: string,
  valueOf: (row: Row, column: string) => number | string | null,
): Row[] {
  const down = sort.startsWith('-')
  const column = down ? sort.slice(1) : sort
  return [...rows].sort((first, second) => {
    const [a, b] = [valueOf(first, column), valueOf(second, column)]
    if (a === null || b === null) return Number(a === null) - Number(b === null)
    const order = typeof a === 'string' ? a.localeCompare(String(b)) : a - Number(b)
    return down ? -order : order
  })
}
