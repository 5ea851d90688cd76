import { Button, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { JsonView } from '../../components/JsonView'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote } from '../../components/States'
import { Ago } from '../../components/Time'
import { rejectsQuery } from '../../lib/api/endpoints/events'
import css from './Events.module.css'
import { EventsNav } from './EventsNav'
import { Quarantine } from './Quarantine'

const route = getRouteApi('/inside/events/rejects')

/** What was put aside, why, and as it came. */
export function RejectsPage() {
  const { t } = useLingui()
  const { code } = route.useSearch()
  const navigate = route.useNavigate()
  const only = (next: string | undefined) => void navigate({ search: { code: next }, replace: true })
  const list = useInfiniteQuery(rejectsQuery(code))
  const rejects = list.data?.pages.flatMap((page) => page.items)
  return (
    <Page title={t`Events`}>
      <EventsNav />
      <Quarantine />
      <Panel
        title={t`Rejected events`}
        hint={t`Correct the sender by the reason; these events were not stored.`}
        flush
        actions={
          code && (
            <Button variant="default" size="compact-sm" onClick={() => only(undefined)}>
              <Trans>Show every reason</Trans>
            </Button>
          )
        }
      >
        {list.error && (
          <div style={{ padding: 16 }}>
            <ErrorNote error={list.error} retry={() => void list.refetch()} />
          </div>
        )}
        {!rejects && !list.error && <Skeleton height={240} />}
        {rejects?.length === 0 && (
          <Empty title={t`Nothing was rejected`}>
            <Trans>Every event so far was well formed.</Trans>
          </Empty>
        )}
        <ul className={css.list} aria-label={t`Rejected events`}>
          {rejects?.map((reject) => (
            <li key={reject.id}>
              <details>
                <summary className={css.reject}>
                  <Ago at={reject.received_at} />
                  <span className={css.name}>{reject.type || t`unknown`}</span>
                  <span className={css.reason}>{reject.reason}</span>
                  <span className={css.who}>{reject.source}</span>
                </summary>
                <div style={{ padding: '4px 16px 16px' }}>
                  {!code && (
                    <Button mb={8} variant="default" size="compact-sm" onClick={() => only(reject.code)}>
                      <Trans>Only this reason</Trans>
                    </Button>
                  )}
                  <JsonView value={reject.body} label={t`The event as it came`} />
                </div>
              </details>
            </li>
          ))}
        </ul>
        {list.hasNextPage && (
          <div style={{ padding: 12 }}>
            <Button variant="default" size="compact-sm" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              <Trans>Show more</Trans>
            </Button>
          </div>
        )}
      </Panel>
    </Page>
  )
}
