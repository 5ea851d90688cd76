import { Select, Textarea, TextInput } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { useConsentWords } from '../../components/consentWords'
import { DateField } from '../../components/DateField'
import { Panel } from '../../components/Page'
import { topicsQuery } from '../../lib/api/endpoints/privacy'
import type { ImportKind, ImportOptions, Purpose } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { dayOf, dayStart } from '../../lib/format/zones'
import { useFieldLabel } from './ColumnField'
import { type Effect, useEffects } from './effects'
import css from './Import.module.css'

type Channel = NonNullable<ImportOptions['channel']>
const CHANNELS: Channel[] = ['email', 'sms', 'push', 'telegram', 'whatsapp', 'viber', 'calls']
const PHONES: Channel[] = ['sms', 'whatsapp', 'viber', 'calls']

const PURPOSES: Purpose[] = ['advertising', 'processing', 'partners']

interface RulesProps {
  kind: ImportKind
  /** Kinds of fields that columns go to. */
  mapped: string[]
  /** Identifiers among them. */
  keys: string[]
  chosenKey: string | null
  options: ImportOptions
  onKey: (key: string | null) => void
  onChange: (part: ImportOptions) => void
}

/** Choices that hold for all rows; each kind has its own. */
export function Rules({ kind, mapped, keys, chosenKey, options, onKey, onChange }: RulesProps) {
  const { t } = useLingui()
  const { timeZone } = useFormat()
  const fieldLabel = useFieldLabel()
  const words = useConsentWords()
  const effects = useEffects(kind)
  const topics = useQuery({ ...topicsQuery, enabled: kind === 'consents' })
  const speaks = kind === 'consents' || kind === 'suppressions'
  const purpose = options.purpose ?? 'advertising'
  // Only advertising goes by channels and topics.
  const isAdvertising = kind !== 'consents' || mapped.includes('purpose') || purpose === 'advertising'
  const hasPeople = kind === 'customers' || kind === 'consents'
  return (
    <Panel title={t`Rules`}>
      <div className={css.options}>
        {kind === 'customers' && (
          <Select
            label={t`Find the customer by`}
            w={300}
            value={chosenKey ?? ''}
            data={[
              { value: '', label: t`the strongest id of the file` },
              ...keys.map((value) => ({ value, label: fieldLabel(value) })),
            ]}
            onChange={(value) => onKey(value || null)}
          />
        )}
        {hasPeople && (
          <Select
            label={t`An empty cell`}
            w={200}
            value={options.empty ?? 'keep'}
            data={[
              { value: 'keep', label: t`keeps what is known` },
              { value: 'clear', label: t`clears the field` },
            ]}
            onChange={(empty) => onChange({ empty: empty === 'clear' ? 'clear' : 'keep', empty_of: {} })}
          />
        )}
        {kind === 'events' && !mapped.includes('event') && (
          <TextInput
            label={t`All events are called`}
            placeholder={t`Webinar visited`}
            w={260}
            required
            maxLength={200}
            value={options.event_name ?? ''}
            onChange={(event) => onChange({ event_name: event.currentTarget.value })}
          />
        )}
        {speaks && !mapped.includes('status') && (
          <Select
            label={kind === 'consents' ? t`The people of the file` : t`Why they are stopped`}
            w={260}
            required={kind === 'consents'}
            value={options.effect ?? (kind === 'consents' ? null : 'manual')}
            data={kind === 'consents' ? effects.slice(0, 2) : effects}
            onChange={(effect) => onChange({ effect: effect as Effect | null })}
          />
        )}
        {kind === 'consents' && !mapped.includes('purpose') && (
          <Select
            label={t`Purpose of the consent`}
            w={260}
            value={purpose}
            data={PURPOSES.map((value) => ({ value, label: words.purposes[value] }))}
            onChange={(value) => value && onChange({ purpose: value as Purpose, ...(value !== 'advertising' && { topic_id: null }) })}
          />
        )}
        {speaks && isAdvertising && !mapped.includes('channel') && (
          <Select
            label={kind === 'consents' ? t`Channel` : t`Phones are stopped for`}
            w={180}
            value={
              kind === 'suppressions' && !PHONES.includes(options.channel ?? 'email')
                ? 'sms'
                : (options.channel ?? 'email')
            }
            data={(kind === 'consents' ? CHANNELS : PHONES).map((value) => ({
              value,
              label: words.channel(value),
            }))}
            onChange={(channel) => channel && onChange({ channel: channel as Channel })}
          />
        )}
        {kind === 'consents' && isAdvertising && !mapped.includes('topic') && (
          <Select
            label={t`Topic`}
            w={220}
            value={options.topic_id ?? ''}
            data={[
              { value: '', label: t`the whole channel` },
              ...(topics.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
            ]}
            onChange={(id) => onChange({ topic_id: id || null })}
          />
        )}
        {kind === 'consents' && (
          <DateField
            label={t`Consents without a date hold since`}
            description={t`A refusal after this day stays in force.`}
            w={260}
            clearable
            value={options.agreed_at ? dayOf(options.agreed_at, timeZone) : null}
            onChange={(day) => onChange({ agreed_at: day && dayStart(day, timeZone) })}
          />
        )}
        <TextInput
          label={t`Time zone of the dates`}
          w={190}
          value={options.timezone ?? 'UTC'}
          onChange={(event) => onChange({ timezone: event.currentTarget.value })}
        />
        {kind === 'orders' && (
          <Select
            label={t`Orders without a customer`}
            w={200}
            value={options.anonymous ?? 'skip'}
            data={[
              { value: 'skip', label: t`are left out` },
              { value: 'keep', label: t`are stored for nobody` },
            ]}
            onChange={(value) => onChange({ anonymous: value === 'keep' ? 'keep' : 'skip' })}
          />
        )}
        {kind === 'orders' && (
          <TextInput
            label={t`Returns begin with`}
            placeholder="C"
            w={160}
            value={options.return_prefix ?? ''}
            onChange={(event) => onChange({ return_prefix: event.currentTarget.value })}
          />
        )}
        {kind === 'consents' && (
          <Textarea
            label={t`How they agreed`}
            description={t`Kept with each entry as a part of its proof.`}
            w="100%"
            maw={560}
            autosize
            maxLength={1000}
            value={options.note ?? ''}
            onChange={(event) => onChange({ note: event.currentTarget.value })}
          />
        )}
      </div>
    </Panel>
  )
}
