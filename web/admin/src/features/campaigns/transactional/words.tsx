import { useLingui } from '@lingui/react/macro'

import { StateLabel, type Tone } from '../../../components/States'
import type { Transactional } from '../../../lib/api/types'

const TONES: Record<Transactional['state'], Tone> = {
  draft: 'idle',
  live: 'live',
  paused: 'warn',
  closed: 'dim',
}

/** What a transactional letter does with requests now. */
export function TransactionalStateLabel({ letter }: { letter: Transactional }) {
  const { t } = useLingui()
  const names: Record<Transactional['state'], string> = {
    draft: t({ context: 'transactional', message: 'Draft' }),
    live: t({ context: 'transactional', message: 'Takes requests' }),
    paused: t({ context: 'transactional', message: 'Paused' }),
    closed: t({ context: 'transactional', message: 'Closed' }),
  }
  return <StateLabel tone={TONES[letter.state]}>{names[letter.state]}</StateLabel>
}
