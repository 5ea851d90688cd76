import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui } from '@lingui/react/macro'

import { StateLabel, type Tone } from '../../components/States'
import type { CampaignState } from '../../lib/api/types'

const STATES: Record<CampaignState | 'stopping', { tone: Tone; label: MessageDescriptor }> = {
  draft: { tone: 'idle', label: msg`Draft` },
  scheduled: { tone: 'dim', label: msg`Scheduled` },
  preparing: { tone: 'live', label: msg`Preparing` },
  running: { tone: 'live', label: msg({ context: 'state', message: 'Sending' }) },
  paused: { tone: 'warn', label: msg`Paused` },
  stopping: { tone: 'warn', label: msg`Stopping` },
  finished: { tone: 'good', label: msg`Finished` },
  cancelled: { tone: 'bad', label: msg`Cancelled` },
}
export const CAMPAIGN_STATES: CampaignState[] = [
  'draft', 'scheduled', 'preparing', 'running', 'paused', 'finished', 'cancelled',
]

export function useCampaignStateName(): (state: CampaignState) => string {
  const { i18n } = useLingui()
  return (state) => i18n._(STATES[state].label)
}

const isKnown = (state: string): state is keyof typeof STATES => state in STATES

export function MailingState({ state }: { state: string }) {
  const { i18n } = useLingui()
  if (!isKnown(state)) return <StateLabel tone="dim">{state}</StateLabel>
  const known = STATES[state]
  return <StateLabel tone={known.tone}>{i18n._(known.label)}</StateLabel>
}

const MESSAGE_STATES: Record<string, { tone: Tone; label: MessageDescriptor }> = {
  planned: { tone: 'idle', label: msg`Waiting` },
  sent: { tone: 'good', label: msg({ context: 'letter', message: 'Sent' }) },
  bounced: { tone: 'bad', label: msg({ context: 'letter', message: 'Not accepted' }) },
  failed: { tone: 'bad', label: msg`Not sent` },
  skipped: { tone: 'dim', label: msg`Left out` },
  in_doubt: { tone: 'warn', label: msg`In doubt` },
  control: { tone: 'idle', label: msg`Control group` },
}
export const MESSAGE_STATE_NAMES = Object.keys(MESSAGE_STATES)

export function useMessageStateName(): (state: string) => string {
  const { i18n } = useLingui()
  return (state) => {
    const known = MESSAGE_STATES[state]
    return known ? i18n._(known.label) : state
  }
}

export function MessageState({ state }: { state: string }) {
  const name = useMessageStateName()
  return <StateLabel tone={MESSAGE_STATES[state]?.tone ?? 'dim'}>{name(state)}</StateLabel>
}
