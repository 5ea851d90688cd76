import { useDebouncedValue } from '@mantine/hooks'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'

import { profilesQuery } from '../../../lib/api/endpoints/profiles'

export interface PersonChoice {
  value: string
  label: string
}

const labelOf = (row: { id: number; name?: string | null; email?: string | null }): string =>
  [row.name, row.email].filter(Boolean).join(' · ') || `#${row.id}`

/** The first customers of a segment. */
export function useFirstOfSegment(): (segmentId: string, limit: number) => Promise<PersonChoice[]> {
  const client = useQueryClient()
  return async (segmentId, limit) => {
    const found = await client.fetchInfiniteQuery(profilesQuery({ segment_id: segmentId }))
    const rows = found.pages[0]?.items ?? []
    return rows.slice(0, limit).map((row) => ({ value: String(row.id), label: labelOf(row) }))
  }
}

/** Customers by a part of their name or address; without one, the newest. */
export function usePeopleSearch(wanted: string): { choices: PersonChoice[]; isSettled: boolean } {
  const [search] = useDebouncedValue(wanted, 250)
  const people = useInfiniteQuery(profilesQuery(search ? { search } : {}))
  // Answers to what was typed before would move under the cursor when the right ones come.
  const isSettled = search === wanted && people.data !== undefined
  const found = isSettled ? people.data.pages[0]?.items : undefined
  const choices = (found ?? []).map((row) => ({
    value: String(row.id),
    label: labelOf(row),
  }))
  return { choices, isSettled }
}
