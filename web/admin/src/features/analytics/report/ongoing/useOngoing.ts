import type { ReportChoice } from '../../../../lib/api/types'
import { dayOf } from '../../../../lib/format/zones'
import { useFormat } from '../../../../lib/format/useFormat'
import { useNow } from '../../../../lib/hooks/useNow'
import { type ChoiceSearch, choiceOf, searchOf } from '../figures'
import { type Days, daysOf, type OngoingSearch, type SpanName, spanName } from './spans'

type Search = OngoingSearch & ChoiceSearch & { segment?: string }
export type SearchChange = { [Name in keyof Search]?: string | undefined }

export interface Ongoing {
  search: Search
  name: SpanName
  days: Days
  today: string
  edition: string | null
  choice: ReportChoice
  change: (change: SearchChange) => void
  /** Reads the report in another way. */
  read: (choice: ReportChoice) => void
}

/** What an address says of the report of a mailing that goes on; `usual`: of which days it is else. */
export function useOngoing(search: Search, usual: SpanName, change: (change: SearchChange) => void): Ongoing {
  const { timeZone } = useFormat()
  const today = dayOf(useNow().toISOString(), timeZone)
  const choice = choiceOf(search)
  return {
    search,
    name: spanName(search, usual),
    days: daysOf(search, usual, today),
    today,
    edition: search.edition ?? null,
    choice,
    change,
    read: (part) => change({ goal: undefined, outliers: undefined, ...searchOf({ ...choice, ...part }) }),
  }
}
