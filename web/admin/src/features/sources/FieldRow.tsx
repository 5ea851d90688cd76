import { Select, TextInput } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { useConsentWords } from '../../components/consentWords'
import { topicsQuery } from '../../lib/api/endpoints/privacy'
import type { HookField, HookMapping } from '../../lib/api/types'
import { type ConsentRule, NAMED, pathText, put, type Rule, samePath, type Use, useOf } from './mapping'
import css from './Sources.module.css'

interface FieldRowProps {
  field: HookField
  mapping: HookMapping
  onChange: (mapping: HookMapping) => void
  problem: string | undefined
  isReadOnly: boolean
}

/** One field of a call: its value, and what it becomes. */
export function FieldRow({ field, mapping, onChange, problem, isReadOnly }: FieldRowProps) {
  const { t } = useLingui()
  const labels = useUseLabels()
  const use = useOf(mapping, field.path)
  const name = field.path[field.path.length - 1] ?? ''
  const rule = mapping.rules.find((one) => samePath(field.path, one.path))
  const consent = mapping.consents.find((one) => samePath(field.path, one.path))
  const option = (value: Use) => ({ value, label: labels[value] })
  const data =
    field.type === 'list'
      ? [option('skip'), option('order_lines'), option('each'), option('property'), option('trait')]
      : [
          option('skip'),
          {
            group: t`Who it is`,
            items: (['email', 'phone', 'user_id', 'anonymous_id', 'external'] as const).map(option),
          },
          { group: t`About the customer`, items: [option('trait')] },
          {
            group: t`About the event`,
            items: (['property', 'time', 'event', 'page', 'ip'] as const).map(option),
          },
          {
            group: t`Order`,
            items: (['order_id', 'order_total', 'order_currency'] as const).map(option),
          },
          { group: t`Consent`, items: [option('consent')] },
        ]
  const setRule = (part: Partial<Rule>) =>
    onChange({
      ...mapping,
      rules: mapping.rules.map((one) => (one === rule ? { ...one, ...part } : one)),
    })
  const setConsent = (part: Partial<ConsentRule>) =>
    onChange({
      ...mapping,
      consents: mapping.consents.map((one) => (one === consent ? { ...one, ...part } : one)),
    })
  return (
    <tr>
      <td>
        {field.path.length > 1 && <span className={css.parent}>{pathText(field.path.slice(0, -1))}</span>}
        {name}
      </td>
      <td>
        <span className={css.sample}>
          {field.type === 'list' ? t`list of ${field.sample}: ${field.lines.join(', ')}` : field.sample}
        </span>
        {problem && <span className={css.bad}>{problem}</span>}
      </td>
      <td>
        <div className={css.uses}>
          <Select
            aria-label={t`${name}: becomes`}
            w={200}
            searchable
            disabled={isReadOnly}
            value={use}
            data={data}
            onChange={(value) => value && onChange(put(mapping, field, value as Use))}
          />
          {rule && NAMED.has(rule.to) && (
            <TextInput
              aria-label={t`${name}: name`}
              w={150}
              disabled={isReadOnly}
              error={!rule.name.trim()}
              value={rule.name}
              onChange={(event) => setRule({ name: event.currentTarget.value })}
            />
          )}
          {rule && (rule.to === 'trait' || rule.to === 'property') && field.type !== 'list' && (
            <Select
              aria-label={t`${name}: type`}
              w={120}
              disabled={isReadOnly}
              value={rule.type}
              data={[
                { value: 'auto', label: t`as it is` },
                { value: 'text', label: t`text` },
                { value: 'number', label: t`number` },
                { value: 'date', label: t`date` },
                { value: 'bool', label: t`yes or no` },
                { value: 'list', label: t`list` },
              ]}
              onChange={(value) => setRule({ type: (value ?? 'auto') as Rule['type'] })}
            />
          )}
          {consent && <ConsentFields consent={consent} onChange={setConsent} isReadOnly={isReadOnly} />}
        </div>
      </td>
    </tr>
  )
}

const CHANNELS: ConsentRule['channel'][] = ['email', 'sms', 'push', 'telegram', 'whatsapp', 'viber', 'calls']

interface ConsentFieldsProps {
  consent: ConsentRule
  onChange: (part: Partial<ConsentRule>) => void
  isReadOnly: boolean
}

function ConsentFields({ consent, onChange, isReadOnly }: ConsentFieldsProps) {
  const { t } = useLingui()
  const words = useConsentWords()
  const topics = useQuery(topicsQuery)
  return (
    <>
      <Select
        aria-label={t`Channel`}
        w={130}
        disabled={isReadOnly}
        value={consent.channel}
        data={CHANNELS.map((value) => ({ value, label: words.channel(value) }))}
        onChange={(value) => value && onChange({ channel: value as ConsentRule['channel'] })}
      />
      <Select
        aria-label={t`Topic`}
        w={160}
        disabled={isReadOnly}
        value={consent.topic_id ?? ''}
        data={[
          { value: '', label: t`the whole channel` },
          ...(topics.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(id) => onChange({ topic_id: id || null })}
      />
      <TextInput
        aria-label={t`What a ticked box sends`}
        placeholder={t`yes, on, 1, да`}
        w={180}
        disabled={isReadOnly}
        value={consent.value}
        onChange={(event) => onChange({ value: event.currentTarget.value })}
      />
    </>
  )
}

function useUseLabels(): Record<Use, string> {
  const { t } = useLingui()
  return {
    skip: t`— leave out —`,
    user_id: t`User id`,
    anonymous_id: t`Anonymous id`,
    email: t`E-mail`,
    phone: t`Phone`,
    external: t`Another identifier`,
    trait: t`Trait`,
    property: t`Property of the event`,
    time: t`Time of the event`,
    event: t`Name of the event`,
    page: t`Page with the form`,
    ip: t`Visitor’s IP address`,
    consent: t`Consent, if ticked`,
    order_id: t`Order number`,
    order_total: t`Sum of the order`,
    order_currency: t`Currency`,
    order_lines: t`Products of the order`,
    each: t`Every row an event`,
  }
}
