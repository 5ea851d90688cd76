import { useLingui } from '@lingui/react/macro'

import { StateLabel, type Tone } from '../../components/States'
import type { HookCall, HookSource } from '../../lib/api/types'

const SOURCE_TONES: Record<HookSource['state'], Tone> = {
  new: 'idle',
  catching: 'warn',
  on: 'good',
  paused: 'dim',
}

export function SourceState({ state }: { state: HookSource['state'] }) {
  const { t } = useLingui()
  const names: Record<HookSource['state'], string> = {
    new: t`Waits for the first call`,
    catching: t`Needs a mapping`,
    on: t({ context: 'source', message: 'On' }),
    paused: t({ context: 'source', message: 'Paused' }),
  }
  return <StateLabel tone={SOURCE_TONES[state]}>{names[state]}</StateLabel>
}

const CALL_TONES: Record<HookCall['state'], Tone> = {
  caught: 'idle',
  waiting: 'live',
  mapped: 'good',
  failed: 'bad',
  ignored: 'dim',
  refused: 'warn',
}

export function useCallStates(): Record<HookCall['state'], string> {
  const { t } = useLingui()
  return {
    caught: t({ context: 'call', message: 'Caught' }),
    waiting: t({ context: 'call', message: 'In work' }),
    mapped: t({ context: 'call', message: 'Taken' }),
    failed: t({ context: 'call', message: 'Failed' }),
    ignored: t({ context: 'call', message: 'Left out' }),
    refused: t({ context: 'call', message: 'Refused' }),
  }
}

export function CallState({ state }: { state: HookCall['state'] }) {
  const names = useCallStates()
  return <StateLabel tone={CALL_TONES[state]}>{names[state]}</StateLabel>
}
