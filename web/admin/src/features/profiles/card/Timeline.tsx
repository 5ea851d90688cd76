import { Button, Group, MultiSelect, Select, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { AppLink } from '../../../components/AppLink'
import { useConsentWords } from '../../../components/consentWords'
import { DateField } from '../../../components/DateField'
import { JsonView } from '../../../components/JsonView'
import { Panel } from '../../../components/Page'
import { useReasonText } from '../../../components/reasons'
import { Empty, ErrorNote } from '../../../components/States'
import { eventNamesQuery } from '../../../lib/api/endpoints/events'
import { timelineQuery } from '../../../lib/api/endpoints/people'
import type { Purpose, TimelineItem, TimelineKind } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { dayEnd } from '../../../lib/format/zones'
import { useTraitText } from '../traits'
import css from './Card.module.css'
import { useMergeReasons } from './MergesPanel'
import { ReturnedLine } from './ReturnedLine'

const DAY_MS = 24 * 3600 * 1000

/** All that happened with the person, newest first, by days of the workspace's calendar. */
export function Timeline({ id }: { id: number }) {
  const { t } = useLingui()
  const format = useFormat()
  const [kinds, setKinds] = useState<TimelineKind[]>([])
  const [names, setNames] = useState<string[]>([])
  const [days, setDays] = useState<string | null>(null)
  const [until, setUntil] = useState<string | null>(null)
  // Counted over all events of the workspace, so only for whoever opens the list.
  const [isChoosing, setChoosing] = useState(false)
  const known = useQuery({ ...eventNamesQuery, enabled: isChoosing })
  const [since, setSince] = useState<string | null>(null)
  const list = useInfiniteQuery(
    timelineQuery(id, {
      ...(kinds.length > 0 && { kinds }),
      ...(names.length > 0 && { names }),
      ...(since && { since }),
      ...(until && { until: dayEnd(until, format.timeZone) }),
    }),
  )
  const kindNames: Record<TimelineKind, string> = {
    event: t`Events`,
    message: t`Messages`,
    order: t`Orders`,
    consent: t`Consents`,
    note: t`Notes`,
    edit: t`Changes by hand`,
    merge: t`Merges`,
    return: t`Answers and returned mail`,
  }
  const items = list.data?.pages.flatMap((page) => page.items)
  const byDay = new Map<string, TimelineItem[]>()
  for (const item of items ?? []) {
    const day = format.date(item.at)
    byDay.set(day, [...(byDay.get(day) ?? []), item])
  }
  const isFiltered = kinds.length > 0 || names.length > 0 || since !== null || until !== null
  return (
    <Panel title={t`Timeline`}>
      <Group gap={8} mb={12} align="flex-start">
        <MultiSelect
          aria-label={t`Kinds`}
          placeholder={kinds.length ? undefined : t`Everything`}
          w={{ base: '100%', sm: 200 }}
          data={Object.entries(kindNames).map(([value, label]) => ({ value, label }))}
          value={kinds}
          onChange={(next) => setKinds(next as TimelineKind[])}
        />
        <MultiSelect
          aria-label={t`Names of events`}
          placeholder={names.length ? undefined : t`All events`}
          w={{ base: '100%', sm: 220 }}
          searchable
          limit={50}
          onFocus={() => setChoosing(true)}
          nothingFoundMessage={known.isPending ? t`Loading` : t`No such events`}
          data={(known.data ?? []).map((one) => one.name)}
          value={names}
          onChange={setNames}
        />
        <Select
          aria-label={t`Period`}
          placeholder={t`All time`}
          w={{ base: '100%', sm: 150 }}
          clearable
          clearButtonProps={{ 'aria-label': t`All time` }}
          data={[
            { value: '1', label: t`Last day` },
            { value: '7', label: t`Last 7 days` },
            { value: '30', label: t`Last 30 days` },
            { value: '365', label: t`Last year` },
          ]}
          value={days}
          onChange={(next) => {
            setDays(next)
            setSince(next ? new Date(Date.now() - Number(next) * DAY_MS).toISOString() : null)
          }}
        />
        <DateField
          aria-label={t`Until the day`}
          placeholder={t`Until the day`}
          w={{ base: '100%', sm: 160 }}
          clearable
          value={until}
          onChange={setUntil}
        />
      </Group>
      {list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
      {!items && !list.error && <Skeleton height={160} />}
      {items?.length === 0 &&
        (isFiltered ? (
          <Empty title={t`Nothing fits the filter`} />
        ) : (
          <Empty title={t`No events yet`}>
            <Trans>Here appears what the person does on the site and in the application.</Trans>
          </Empty>
        ))}
      {[...byDay].map(([day, rows]) => (
        <section key={day} aria-label={day}>
          <h3 className={css.day}>{day}</h3>
          {rows.map((item) => (
            <Line key={`${item.kind}-${item.id}`} item={item} />
          ))}
        </section>
      ))}
      {list.hasNextPage && (
        <Button
          mt={12}
          variant="default"
          size="compact-sm"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          <Trans>Show more</Trans>
        </Button>
      )}
    </Panel>
  )
}

function Line({ item }: { item: TimelineItem }) {
  const format = useFormat()
  return (
    <div className={css.event} data-kind={item.kind === 'event' ? text(item.facts.type) : item.kind}>
      <time dateTime={item.at}>{format.time(item.at)}</time>
      <span className={css.dot} aria-hidden />
      {item.kind === 'event' ? <EventLine item={item} /> : <Told item={item} />}
    </div>
  )
}

function EventLine({ item }: { item: TimelineItem }) {
  const { t } = useLingui()
  const format = useFormat()
  const properties = (item.facts.properties ?? {}) as Record<string, unknown>
  return (
    <details>
      <summary>
        <strong>
          <bdi>{item.name}</bdi>
        </strong>{' '}
        <span className={css.dim}>{gist(properties, format.number)}</span>
      </summary>
      <div style={{ marginTop: 8 }}>
        <JsonView value={properties} label={t`Properties of ${item.name}`} />
      </div>
    </details>
  )
}

/** What is no event, in a sentence. */
function Told({ item }: { item: TimelineItem }) {
  const { t } = useLingui()
  const format = useFormat()
  const reasonText = useReasonText()
  const consentWords = useConsentWords()
  const mergeReasons = useMergeReasons()
  const traitText = useTraitText()
  const { facts } = item
  const states: Record<string, string> = {
    planned: t`waits`,
    sent: t`sent`,
    bounced: t`not accepted`,
    failed: t`not sent`,
    skipped: t`left out`,
    in_doubt: t`in doubt`,
    control: t`control group`,
  }
  const orders: Record<string, string> = {
    placed: t`placed`,
    paid: t`paid`,
    cancelled: t`cancelled`,
    returned: t`returned`,
  }
  if (item.kind === 'message') {
    const reason = text(facts.reason)
    return (
      <div>
        <AppLink href={`/mailings/${text(facts.source_id)}`}>
          {item.name || t`Mailing, variant ${text(facts.variant)}`}
        </AppLink>{' '}
        <span className={css.dim}>
          {states[text(facts.state)] ?? text(facts.state)}
          {reason && reason !== 'control_group' && `: ${reasonText(reason, text(facts.reason_text))}`}
        </span>
      </div>
    )
  }
  if (item.kind === 'return') return <ReturnedLine item={item} />
  if (item.kind === 'order') {
    return (
      <div>
        <Trans>Order {item.name}</Trans>{' '}
        <span className={css.dim}>
          {orders[text(facts.status)] ?? text(facts.status)},{' '}
          {format.money(text(facts.total), text(facts.currency) || null)}
        </span>
      </div>
    )
  }
  if (item.kind === 'consent') {
    // Only advertising goes by channels; the other purposes are consented to as they are.
    const channel = text(facts.channel)
      ? consentWords.channel(text(facts.channel))
      : (consentWords.purposes[text(facts.purpose) as Purpose] ?? t`Personal data`)
    return (
      <div>
        {item.name === 'granted' ? t`Consent given: ${channel}` : t`Consent withdrawn: ${channel}`}{' '}
        <span className={css.dim}>{consentWords.source(text(facts.source))}</span>
      </div>
    )
  }
  if (item.kind === 'merge') {
    const from = text(facts.from_id)
    const into = text(facts.into_id)
    return (
      <div>
        {item.name === 'merged' ? t`#${from} was merged into #${into}` : t`The merge of #${from} was undone`}{' '}
        <span className={css.dim}>{mergeReasons[text(facts.reason)] ?? text(facts.reason)}</span>
      </div>
    )
  }
  if (item.kind === 'note') {
    return (
      <div>
        <bdi className={css.noteText}>{text(facts.text)}</bdi>{' '}
        <span className={css.dim}>{item.name}</span>
      </div>
    )
  }
  return (
    <div>
      <Trans>
        <strong>{item.name}</strong>: {traitText(facts.before)} → {traitText(facts.after)}
      </Trans>{' '}
      <span className={css.dim}>{text(facts.actor)}</span>
    </div>
  )
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/** The few properties that tell what the event was about. */
function gist(properties: Record<string, unknown>, number: (value: number) => string): string {
  const told = ['name', 'title', 'path', 'url', 'order_id', 'total', 'revenue', 'quantity']
    .filter((key) => properties[key] !== undefined && typeof properties[key] !== 'object')
    .map((key) => {
      const value = properties[key]
      // A number of an order is a name; the others are amounts.
      return typeof value === 'number' && key !== 'order_id' ? number(value) : String(value)
    })
  // A sum is often told twice, as the total and as the revenue.
  return [...new Set(told)].slice(0, 3).join(' · ')
}
