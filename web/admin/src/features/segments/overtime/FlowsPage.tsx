import { SegmentedControl, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { DateField } from '../../../components/DateField'
import { type Column, DataTable } from '../../../components/DataTable'
import { Page, Panel } from '../../../components/Page'
import { Empty, ErrorNote, Note } from '../../../components/States'
import { flowPeopleQuery, flowsQuery, keepFlow } from '../../../lib/api/endpoints/overTime'
import type { FlowPart } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useNow } from '../../../lib/hooks/useNow'
import { FlowDiagram } from './FlowDiagram'
import css from './OverTime.module.css'
import { PeopleBehind } from './PeopleBehind'
import { type Link, OUTSIDE } from './ribbons'
import { SegmentsInput } from './SegmentsInput'

const route = getRouteApi('/inside/segments/flows')
const PERIODS = [7, 30, 90] as const
const DAY_MS = 86_400_000

/** From when to when, as the address has it: a number of days back, or two dates. */
function useSpan(): { before: string; after: string; days: number | null } {
  const { before, after, days } = route.useSearch()
  const now = useNow()
  if (before && after) {
    const end = new Date(`${after}T23:59:59`)
    return {
      before: new Date(`${before}T00:00:00`).toISOString(),
      after: (end > now ? now : end).toISOString(),
      days: null,
    }
  }
  const back = Number(days) || 30
  // Whole minutes, so that the same question keeps its answer.
  const end = Math.floor(now.getTime() / 60_000) * 60_000
  return {
    before: new Date(end - back * DAY_MS).toISOString(),
    after: new Date(end).toISOString(),
    days: back,
  }
}

export function FlowsPage() {
  const { t } = useLingui()
  const format = useFormat()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const set = (change: Partial<Record<'ids' | 'before' | 'after' | 'days' | 'link', string | undefined>>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const ids = search.ids ? search.ids.split(',') : []
  const span = useSpan()
  const choice = { segment_ids: ids, before: span.before, after: span.after }
  const flows = useQuery(flowsQuery(choice))
  const [source, target] = (search.link ?? '').split(':').map(Number)
  const chosen = flows.data?.links.find((link) => link.source === source && link.target === target) ?? null
  const names = flows.data?.after.map((one) => one.name) ?? []
  const nameOf = (place: number) => (place === OUTSIDE ? t`in none of them` : (names[place] ?? ''))
  const choose = (link: Link) => set({ link: `${link.source}:${link.target}` })
  const total = flows.data?.links.reduce((sum, link) => sum + link.count, 0) ?? 0
  const unknown = flows.data?.before.filter((one) => one.at === null).map((one) => one.name) ?? []
  const columns: Column<Link>[] = [
    { id: 'source', header: t`Was in`, render: (link) => nameOf(link.source) },
    { id: 'target', header: t`Is in`, render: (link) => nameOf(link.target) },
    { id: 'count', header: t`People`, align: 'right', render: (link) => format.number(link.count) },
    {
      id: 'share',
      header: t`Of those who were there`,
      align: 'right',
      hide: 'sm',
      render: (link) => {
        const there = flows.data?.links.filter((one) => one.source === link.source) ?? []
        return format.percent(link.count / there.reduce((sum, one) => sum + one.count, 0))
      },
    },
  ]
  return (
    <Page
      title={t`Flows between segments`}
      back={{ href: '/segments', label: t`Segments` }}
      subtitle={t`Who moved where from one day to another. Somebody in several segments counts in the first of them.`}
    >
      <div className={css.stack}>
        <Panel>
          <div className={css.choice}>
            <SegmentsInput
              value={ids}
              most={8}
              description={t`Up to eight, the most important first`}
              onChange={(next) => set({ ids: next.join(',') || undefined, link: undefined })}
            />
            <SegmentedControl
              aria-label={t`Period`}
              value={span.days === null ? 'dates' : String(span.days)}
              onChange={(value) =>
                value === 'dates'
                  ? set({ before: span.before.slice(0, 10), after: span.after.slice(0, 10), days: undefined })
                  : set({ days: value, before: undefined, after: undefined })
              }
              data={[
                ...PERIODS.map((days) => ({ value: String(days), label: t`${days} days` })),
                { value: 'dates', label: t`Dates` },
              ]}
            />
            {span.days === null && (
              <>
                <DateField
                  label={t`From`}
                  value={search.before ?? null}
                  max={search.after}
                  onChange={(before) => before && set({ before })}
                />
                <DateField
                  label={t`To`}
                  value={search.after ?? null}
                  min={search.before}
                  onChange={(after) => after && set({ after })}
                />
              </>
            )}
          </div>
        </Panel>
        {flows.error ? (
          <ErrorNote error={flows.error} retry={() => void flows.refetch()} />
        ) : ids.length === 0 ? (
          <Panel>
            <Empty title={t`Choose the segments to look at`}>
              <Trans>For example new, active and lapsed customers: you will see who became what.</Trans>
            </Empty>
          </Panel>
        ) : !flows.data ? (
          <Skeleton height={340} />
        ) : (
          <>
            {unknown.length > 0 && (
              <Note level="info">
                <Trans>Not yet counted by the first day, so shown as empty then: {unknown.join(', ')}.</Trans>
              </Note>
            )}
            <Panel
              title={t`${format.number(total)} people`}
              hint={`${format.dateTime(flows.data.before[0]?.at ?? span.before)} → ${format.dateTime(flows.data.after[0]?.at ?? span.after)}`}
            >
              {total === 0 ? (
                <Empty title={t`Nobody was or is in these segments`} />
              ) : (
                <FlowDiagram names={names} links={flows.data.links} chosen={chosen} onChoose={choose} />
              )}
            </Panel>
            <Panel flush title={t`The same as a table`}>
              <DataTable
                label={t`Flows between segments`}
                columns={columns}
                rows={[...flows.data.links].sort((a, b) => b.count - a.count)}
                rowKey={(link) => `${link.source}:${link.target}`}
                onOpen={choose}
                empty={<Empty title={t`Nobody was or is in these segments`} />}
              />
            </Panel>
            {chosen && (
              <Behind
                key={search.link}
                part={{ ...choice, source: chosen.source, target: chosen.target }}
                title={`${nameOf(chosen.source)} → ${nameOf(chosen.target)}`}
                count={chosen.count}
              />
            )}
          </>
        )}
      </div>
    </Page>
  )
}

function Behind({ part, title, count }: { part: FlowPart; title: string; count: number }) {
  const list = useInfiniteQuery(flowPeopleQuery(part))
  return <PeopleBehind title={title} count={count} list={list} keep={(name) => keepFlow(part, name)} />
}
