import { Group, MultiSelect, Select, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { ManyValues, TestInput } from '../../../components/rules/TestInput'
import { campaignChoicesQuery, fieldValuesQuery } from '../../../lib/api/endpoints/segments'
import { DATE_OPS, VISIT_OPS } from '../../../lib/rules/tests'
import { type DateTest, type LeafOf, type MessageFact, VISIT_FIELDS, type VisitField } from '../../../lib/rules/types'
import css from './Builder.module.css'
import { CountInput } from './CountInput'
import type { FieldsProps } from './LeafFields'
import { ProductChoice } from './OrdersFields'
import { WindowInput } from './WindowInput'

export function ProductFields({ node, onChange }: FieldsProps<LeafOf<'product'>>) {
  const { t } = useLingui()
  return (
    <>
      <Select
        aria-label={t`What was done with the product`}
        w={170}
        value={node.action}
        data={[
          { value: 'bought', label: t`bought` },
          { value: 'viewed', label: t`viewed` },
          { value: 'added', label: t`put into the cart` },
        ]}
        onChange={(action) => action && onChange({ ...node, action: action as typeof node.action })}
      />
      <CountInput label={t`Product`} test={node.test} onChange={(test) => onChange({ ...node, test })} />
      <span className={css.text}>
        <Trans>times</Trans>
      </span>
      <WindowInput label={t`Product`} window={node.window} onChange={(window) => onChange({ ...node, window })} />
      <div className={css.more}>
        <Group gap={6} align="flex-start">
          <ProductChoice
            products={node.products}
            categories={node.categories}
            vendors={node.vendors}
            vendorsOf={node.action === 'bought' ? 'vendor' : 'viewed_vendor'}
            price={node.price}
            onChange={(chosen) => onChange({ ...node, ...chosen })}
          />
        </Group>
      </div>
    </>
  )
}

export function MessageFields({ node, onChange }: FieldsProps<LeafOf<'message'>>) {
  const { t } = useLingui()
  const [text, setText] = useState('')
  const [search] = useDebouncedValue(text, 200)
  const found = useQuery(campaignChoicesQuery(search))
  const all = useQuery(campaignChoicesQuery(''))
  const names = new Map([...(all.data ?? []), ...(found.data ?? [])].map((one) => [one.value, one.label]))
  const choices = [...new Set([...(found.data ?? []).map((one) => one.value), ...node.sources])]
  const isJudged = node.fact === 'opened' || node.fact === 'clicked'
  return (
    <>
      <Select
        aria-label={t`What happened to the messages`}
        w={170}
        value={node.fact}
        data={[
          { value: 'sent', label: t`sent` },
          { value: 'delivered', label: t`delivered` },
          { value: 'opened', label: t`opened` },
          { value: 'clicked', label: t`clicked` },
          { value: 'unsubscribed', label: t`unsubscribed` },
          { value: 'bounced', label: t`bounced` },
          { value: 'complained', label: t`complained` },
        ]}
        onChange={(fact) =>
          fact &&
          onChange({ ...node, fact: fact as MessageFact, link: fact === 'clicked' ? node.link : '' })
        }
      />
      {isJudged && (
        <Select
          aria-label={t`Who did it`}
          w={160}
          value={node.by}
          data={[
            { value: 'person', label: t`by the person` },
            { value: 'machine', label: t`by a machine` },
            { value: 'anybody', label: t`by anybody` },
          ]}
          onChange={(by) => by && onChange({ ...node, by: by as typeof node.by })}
        />
      )}
      <CountInput label={t`Messages`} test={node.test} onChange={(test) => onChange({ ...node, test })} />
      <span className={css.text}>
        <Trans>messages</Trans>
      </span>
      <WindowInput label={t`Messages`} window={node.window} onChange={(window) => onChange({ ...node, window })} />
      <div className={css.more}>
        <Group gap={6} align="flex-start">
          <MultiSelect
            aria-label={t`Campaigns`}
            placeholder={node.sources.length ? '' : t`of any campaign`}
            miw={260}
            maw={420}
            searchable
            searchValue={text}
            onSearchChange={setText}
            filter={({ options }) => options}
            nothingFoundMessage={t`No such campaign`}
            value={node.sources}
            data={choices.map((value) => ({ value, label: names.get(value) ?? value }))}
            onChange={(sources) => onChange({ ...node, sources })}
          />
          <Select
            aria-label={t`Channel of the messages`}
            w={160}
            value={node.channel || 'any'}
            data={[
              { value: 'any', label: t`any channel` },
              { value: 'email', label: t`E-mail` },
              { value: 'sms', label: t`SMS` },
              { value: 'push', label: t`Push` },
              { value: 'telegram', label: 'Telegram' },
            ]}
            onChange={(channel) => onChange({ ...node, channel: channel === 'any' || !channel ? '' : channel })}
          />
          {node.fact === 'clicked' && (
            <TextInput
              aria-label={t`A part of the link`}
              placeholder={t`any link, or a part of one`}
              w={220}
              value={node.link}
              onChange={(event) => onChange({ ...node, link: event.currentTarget.value })}
            />
          )}
        </Group>
      </div>
    </>
  )
}

export function VisitFields({ node, onChange }: FieldsProps<LeafOf<'visit'>>) {
  const { t } = useLingui()
  const labels: Record<VisitField, string> = {
    utm_source: t`source (utm_source)`,
    utm_medium: t`medium (utm_medium)`,
    utm_campaign: t`campaign (utm_campaign)`,
    utm_term: t`term (utm_term)`,
    utm_content: t`content (utm_content)`,
    country: t`country`,
    city: t`city`,
    device: t`device`,
    os: t`operating system`,
    browser: t`browser`,
  }
  return (
    <>
      <Select
        aria-label={t`Which visit`}
        w={176}
        value={node.touch}
        data={[
          { value: 'any', label: t`any visit` },
          { value: 'first', label: t`the first visit` },
          { value: 'last', label: t`the last visit` },
        ]}
        onChange={(touch) => touch && onChange({ ...node, touch: touch as typeof node.touch })}
      />
      <Select
        aria-label={t`What of the visit`}
        w={210}
        value={node.field}
        data={VISIT_FIELDS.map((value) => ({ value, label: labels[value] }))}
        onChange={(field) => field && onChange({ ...node, field: field as VisitField })}
      />
      <TestInput
        label={labels[node.field]}
        test={node.test}
        type="string"
        ops={VISIT_OPS}
        values={(prefix) => fieldValuesQuery(node.field, prefix)}
        onChange={(test) => onChange({ ...node, test })}
      />
      <WindowInput label={t`Visit`} window={node.window} onChange={(window) => onChange({ ...node, window })} />
    </>
  )
}

export function SeenFields({ node, onChange }: FieldsProps<LeafOf<'seen'>>) {
  const { t } = useLingui()
  return (
    <>
      <Select
        aria-label={t`First or last`}
        w={170}
        value={node.which}
        data={[
          { value: 'first', label: t`for the first time` },
          { value: 'last', label: t`for the last time` },
        ]}
        onChange={(which) => onChange({ ...node, which: which === 'first' ? 'first' : 'last' })}
      />
      <TestInput
        label={t`Date`}
        test={node.test}
        type="date"
        ops={DATE_OPS}
        onChange={(test) => onChange({ ...node, test: test as DateTest })}
      />
    </>
  )
}

export function DomainFields({ node, onChange }: FieldsProps<LeafOf<'email_domain'>>) {
  const { t } = useLingui()
  return (
    <ManyValues
      label={t`Domains`}
      placeholder="example.com"
      value={node.domains}
      values={(prefix) => fieldValuesQuery('domain', prefix)}
      onChange={(domains) => onChange({ ...node, domains: domains.map((one) => one.replace(/^.*@/, '').trim()) })}
    />
  )
}
