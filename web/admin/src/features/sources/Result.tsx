import { Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import { useConsentWords } from '../../components/consentWords'
import { Note } from '../../components/States'
import type { HookPreview } from '../../lib/api/types'
import css from './Sources.module.css'

/** The customer, the events and the consents that a call gives. */
export function Result({ preview, isStale }: { preview: HookPreview; isStale: boolean }) {
  const { t } = useLingui()
  const words = useConsentWords()
  return (
    <Stack gap={10} style={{ opacity: isStale ? 0.6 : 1 }} aria-busy={isStale}>
      {preview.reason && <Note level="warn">{preview.reason}</Note>}
      {preview.events.map((event) => (
        <div key={String(event.messageId)} className={css.event}>
          <strong>{event.type === 'identify' ? t`Customer` : String(event.event)}</strong>
          <Pairs value={said(event)} />
        </div>
      ))}
      {preview.consents.length > 0 && (
        <Note level="ok">
          <Trans>Consent is recorded: {preview.consents.map((one) => words.channel(one.channel)).join(', ')}</Trans>
        </Note>
      )}
    </Stack>
  )
}

function said(event: Record<string, unknown>): Record<string, unknown> {
  const context = (event.context ?? {}) as { externalIds?: { type: string; id: string }[] }
  const who = event.type === 'identify' ? Object.fromEntries((context.externalIds ?? []).map((one) => [one.type, one.id])) : {}
  return {
    ...(event.type === 'identify' && event.userId ? { user_id: event.userId } : {}),
    ...(event.type === 'identify' && event.anonymousId ? { anonymous_id: event.anonymousId } : {}),
    ...who,
    ...((event.type === 'identify' ? event.traits : event.properties) as Record<string, unknown> | undefined),
  }
}

function Pairs({ value }: { value: Record<string, unknown> }) {
  return (
    <dl className={css.pairs}>
      {Object.entries(value).map(([name, one]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{typeof one === 'object' ? JSON.stringify(one) : String(one)}</dd>
        </div>
      ))}
    </dl>
  )
}
