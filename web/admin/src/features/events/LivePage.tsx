import { Button, Select, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Fragment, useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { ExportButton } from '../../components/exports/ExportButton'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote, StateLabel } from '../../components/States'
import { eventNamesQuery, eventsQuery, liveEventsUrl } from '../../lib/api/endpoints/events'
import type { EventRow } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { useLive } from '../../lib/hooks/useLive'
import { useNow } from '../../lib/hooks/useNow'
import { EventItem } from './EventItem'
import css from './Events.module.css'
import { EventsNav } from './EventsNav'

const route = getRouteApi('/inside/events')
const FRESH_MAX = 300

/** Events as they come. */
export function LivePage() {
  const { t } = useLingui()
  const may = useAccess()
  const format = useFormat()
  const today = format.date(useNow())
  const { name } = route.useSearch()
  const navigate = route.useNavigate()
  const [isPaused, setPaused] = useState(false)
  const [fresh, setFresh] = useState<EventRow[]>([])
  const names = useQuery(eventNamesQuery)
  const list = useInfiniteQuery({ ...eventsQuery(name), staleTime: Infinity, gcTime: 0 })
  const live = useLive<EventRow>(isPaused ? null : liveEventsUrl, (event) => {
    if (!event.message_id) return
    setFresh((events) => [event, ...events].slice(0, FRESH_MAX))
  })
  const stored = list.data?.pages.flatMap((page) => page.items)
  const seen = new Set<string>()
  const events = stored
    ? [...fresh.filter((event) => !name || event.name === name), ...stored].filter((event) => {
        const isNew = !seen.has(event.message_id)
        seen.add(event.message_id)
        return isNew
      })
    : undefined
  return (
    <Page
      title={t`Events`}
      actions={<ExportButton plan={{ subject: 'events', ...(name && { names: [name] }) }} name={name ?? t`Events`} />}
    >
      <EventsNav />
      <Panel flush>
        <div className={css.toolbar}>
          <Select
            aria-label={t`Name of the event`}
            placeholder={t`All events`}
            w={240}
            searchable
            clearable
            clearButtonProps={{ 'aria-label': t`All events` }}
            value={name ?? null}
            data={(names.data ?? []).map((row) => row.name)}
            onChange={(value) => void navigate({ search: { name: value ?? undefined }, replace: true })}
          />
          <span className={css.grow} />
          <span role="status">
            {isPaused ? (
              <StateLabel tone="idle">
                <Trans>stands still</Trans>
              </StateLabel>
            ) : live === 'lost' ? (
              <StateLabel tone="warn">
                <Trans>reconnecting…</Trans>
              </StateLabel>
            ) : (
              <StateLabel tone="live">
                <Trans>live</Trans>
              </StateLabel>
            )}
          </span>
          <Button
            variant="default"
            leftSection={isPaused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
            onClick={() => setPaused(!isPaused)}
          >
            {isPaused ? <Trans>Go on</Trans> : <Trans>Hold</Trans>}
          </Button>
        </div>
        {list.error && (
          <div style={{ padding: 16 }}>
            <ErrorNote error={list.error} retry={() => void list.refetch()} />
          </div>
        )}
        {!events && !list.error && <Skeleton height={320} />}
        {events?.length === 0 && (
          <Empty
            title={t`No events yet`}
            action={
              may('manage') && (
                <Button component={AppLink} href="/settings/keys">
                  <Trans>Make a key</Trans>
                </Button>
              )
            }
          >
            <Trans>
              Send them by any Segment-compatible client with a key of this workspace. They appear here
              within a second.
            </Trans>
          </Empty>
        )}
        <ul className={css.list} aria-label={t`Events`}>
          {events?.map((event, index) => {
            const day = format.date(event.time)
            const before = events[index - 1]?.time
            return (
              <Fragment key={event.message_id}>
                {day !== (before ? format.date(before) : today) && <li className={css.day}>{day}</li>}
                <EventItem event={event} />
              </Fragment>
            )
          })}
        </ul>
        {list.hasNextPage && (
          <div style={{ padding: 12 }}>
            <Button
              variant="default"
              size="compact-sm"
              loading={list.isFetchingNextPage}
              onClick={() => void list.fetchNextPage()}
            >
              <Trans>Show more</Trans>
            </Button>
          </div>
        )}
      </Panel>
    </Page>
  )
}
