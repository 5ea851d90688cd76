import { Button, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'

import { JsonView } from '../../../components/JsonView'
import { Panel } from '../../../components/Page'
import { Empty, ErrorNote } from '../../../components/States'
import { profileEventsQuery } from '../../../lib/api/endpoints/profiles'
import type { EventRow } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Card.module.css'

/** What the person did, newest first, by days of the workspace's calendar. */
export function Timeline({ id }: { id: number }) {
  const { t } = useLingui()
  const format = useFormat()
  const list = useInfiniteQuery(profileEventsQuery(id))
  const events = list.data?.pages.flatMap((page) => page.items)
  const days = new Map<string, EventRow[]>()
  for (const event of events ?? []) {
    const day = format.date(event.time)
    days.set(day, [...(days.get(day) ?? []), event])
  }
  return (
    <Panel title={t`Timeline`}>
      {list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
      {!events && !list.error && <Skeleton height={160} />}
      {events?.length === 0 && (
        <Empty title={t`No events yet`}>
          <Trans>Here appears what the person does on the site and in the application.</Trans>
        </Empty>
      )}
      {[...days].map(([day, rows]) => (
        <section key={day} aria-label={day}>
          <h3 className={css.day}>{day}</h3>
          {rows.map((event) => (
            <TimelineEvent key={event.message_id} event={event} />
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

function TimelineEvent({ event }: { event: EventRow }) {
  const { t } = useLingui()
  const format = useFormat()
  return (
    <div className={css.event} data-kind={event.type}>
      <time dateTime={event.time}>{format.time(event.time)}</time>
      <span className={css.dot} aria-hidden />
      <details>
        <summary>
          <strong>{event.name}</strong> <span className={css.dim}>{gist(event)}</span>
        </summary>
        <div style={{ marginTop: 8 }}>
          <JsonView value={event.properties} label={t`Properties of ${event.name}`} />
        </div>
      </details>
    </div>
  )
}

/** The few properties that tell what the event was about. */
function gist(event: EventRow): string {
  const { properties } = event
  const told = ['name', 'title', 'path', 'url', 'order_id', 'total', 'revenue', 'quantity']
    .filter((key) => properties[key] !== undefined && typeof properties[key] !== 'object')
    .map((key) => String(properties[key]))
  // A sum is often told twice, as the total and as the revenue.
  return [...new Set(told)].slice(0, 3).join(' · ')
}
