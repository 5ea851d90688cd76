import { useDebouncedValue } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'

import { profilesQuery } from '../../../lib/api/endpoints/profiles'

export interface PersonChoice {
  value: string
  label: string
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
    label: [row.name, row.email].filter(Boolean).join(' · ') || `#${row.id}`,
  }))
  return { choices, isSettled }
}
