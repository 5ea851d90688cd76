import { useLingui } from '@lingui/react/macro'

import { StateLabel, type Tone } from '../../components/States'
import type { Import, ImportKind } from '../../lib/api/types'

const TONES: Record<Import['state'], Tone> = {
  queued: 'idle',
  running: 'live',
  done: 'good',
  failed: 'bad',
  cancelled: 'dim',
}

export function ImportStateLabel({ state }: { state: Import['state'] }) {
  const { t } = useLingui()
  const names: Record<Import['state'], string> = {
    queued: t`Waiting`,
    running: t`Running`,
    done: t({ context: 'import', message: 'Done' }),
    failed: t({ context: 'import', message: 'Failed' }),
    cancelled: t({ context: 'import', message: 'Cancelled' }),
  }
  return <StateLabel tone={TONES[state]}>{names[state]}</StateLabel>
}

export function useKindName(): (kind: ImportKind) => string {
  const { t } = useLingui()
  return (kind) => (kind === 'customers' ? t`Customers` : t`Orders`)
}
