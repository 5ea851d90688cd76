import { useLingui } from '@lingui/react/macro'

import type { ImportKind, ImportOptions } from '../../lib/api/types'

export type Effect = NonNullable<ImportOptions['effect']>

const OF_CONSENTS: Effect[] = ['granted', 'withdrawn', 'none', 'hard_bounce', 'complaint', 'unsubscribed', 'manual']
const OF_STOPS: Effect[] = ['unsubscribed', 'hard_bounce', 'complaint', 'manual']

/** What a row can do, by the kind of the file, in the words of the reader. */
export function useEffects(kind: ImportKind): { value: Effect; label: string }[] {
  const { t } = useLingui()
  const stops = kind === 'suppressions'
  const labels: Record<Effect, string> = {
    granted: t`agreed`,
    withdrawn: t`refused`,
    none: t`says nothing of consent`,
    unsubscribed: stops ? t`unsubscribed` : t`refused, and to the stop list`,
    hard_bounce: stops ? t`the address is dead` : t`to the stop list: the address is dead`,
    complaint: stops ? t`complained of spam` : t`refused, and to the stop list: a complaint`,
    manual: stops ? t`by our decision` : t`to the stop list by our decision`,
  }
  return (stops ? OF_STOPS : OF_CONSENTS).map((value) => ({ value, label: labels[value] }))
}
