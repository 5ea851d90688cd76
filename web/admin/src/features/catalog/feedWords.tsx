import { useLingui } from '@lingui/react/macro'

import { StateLabel, type Tone } from '../../components/States'
import type { FeedRun } from '../../lib/api/types'

const TONES: Record<FeedRun['state'], Tone> = {
  queued: 'idle',
  running: 'live',
  done: 'good',
  unchanged: 'good',
  held: 'warn',
  failed: 'bad',
  declined: 'dim',
}

export function RunState({ state }: { state: FeedRun['state'] }) {
  const { t } = useLingui()
  const words: Record<FeedRun['state'], string> = {
    queued: t`waits`,
    running: t`is loading`,
    done: t`loaded`,
    unchanged: t`nothing new`,
    held: t`held back`,
    failed: t`failed`,
    declined: t`declined`,
  }
  return <StateLabel tone={TONES[state]}>{words[state]}</StateLabel>
}

export function useEvery() {
  const { t } = useLingui()
  return [
    { value: '15', label: t`every 15 minutes` },
    { value: '60', label: t`every hour` },
    { value: '240', label: t`every 4 hours` },
    { value: '720', label: t`every 12 hours` },
    { value: '1440', label: t`every day` },
    { value: '10080', label: t`every week` },
    { value: '', label: t`by hand only` },
  ]
}
