import { Checkbox, Select, Stack, Textarea } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { Panel } from '../../components/Page'
import { topicsQuery } from '../../lib/api/endpoints/privacy'
import type { DeclaredConsent } from '../../lib/api/types'

const NOTE_CHARS_MIN = 3
const NOTE_CHARS_MAX = 1000

export interface Consent {
  isGiven: boolean
  note: string
  topicId: string | null
}

export const NO_CONSENT: Consent = { isGiven: false, note: '', topicId: null }

/** A consent needs its proof: without the note the import does not start. */
export const isProven = ({ isGiven, note }: Consent) => !isGiven || note.trim().length >= NOTE_CHARS_MIN

export function declared({ isGiven, note, topicId }: Consent): DeclaredConsent | null {
  if (!isGiven) return null
  return { channel: 'email', note: note.trim(), ...(topicId && { topic_id: topicId }) }
}

interface ConsentPanelProps {
  consent: Consent
  onChange: (consent: Consent) => void
}

/** What the people of the file agreed to, and how that would be proven. */
export function ConsentPanel({ consent, onChange }: ConsentPanelProps) {
  const { t } = useLingui()
  const topics = useQuery({ ...topicsQuery, enabled: consent.isGiven })
  return (
    <Panel
      title={t`Consent`}
      hint={t`Without this mark the file says nothing about consent: what is known of each person stays as it is.`}
    >
      <Stack gap={12} maw={560}>
        <Checkbox
          label={t`Everybody in this file agreed to e-mail from us`}
          checked={consent.isGiven}
          onChange={(event) => onChange({ ...consent, isGiven: event.currentTarget.checked })}
        />
        {consent.isGiven && (
          <>
            <Textarea
              label={t`How and when they agreed`}
              description={t`Kept with each consent as its proof.`}
              placeholder={t`A tick in the order form of the shop, since March 2024`}
              required
              autosize
              minRows={2}
              maxLength={NOTE_CHARS_MAX}
              value={consent.note}
              onChange={(event) => onChange({ ...consent, note: event.currentTarget.value })}
            />
            <Select
              label={t`Topic`}
              value={consent.topicId ?? ''}
              data={[
                { value: '', label: t`all e-mail` },
                ...(topics.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
              ]}
              onChange={(id) => onChange({ ...consent, topicId: id || null })}
            />
          </>
        )}
      </Stack>
    </Panel>
  )
}
