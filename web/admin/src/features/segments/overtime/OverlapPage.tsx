import { Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { type Column, DataTable } from '../../../components/DataTable'
import { Page, Panel } from '../../../components/Page'
import { Empty, ErrorNote, Note } from '../../../components/States'
import { keepOverlap, overlapPeopleQuery, overlapQuery } from '../../../lib/api/endpoints/overTime'
import type { OverlapPart, Region } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './OverTime.module.css'
import { PeopleBehind } from './PeopleBehind'
import { SegmentsInput } from './SegmentsInput'

const route = getRouteApi('/inside/segments/overlap')

export function OverlapPage() {
  const { t } = useLingui()
  const format = useFormat()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const ids = search.ids ? search.ids.split(',') : []
  const overlap = useQuery(overlapQuery({ segment_ids: ids }))
  const regions = overlap.data?.regions ?? []
  const keyOf = (region: Region) => region.inside.join('.')
  const chosen = regions.find((region) => keyOf(region) === search.part) ?? null
  const names = overlap.data?.segments.map((one) => one.name) ?? []
  const uncounted = overlap.data?.segments.filter((one) => one.at === null).map((one) => one.name) ?? []
  const largest = Math.max(1, ...regions.map((region) => region.count))
  const titleOf = (region: Region) =>
    region.inside.length === 1
      ? t`only ${names[region.inside[0] ?? 0] ?? ''}`
      : region.inside.map((place) => names[place]).join(' + ')
  const columns: Column<Region>[] = [
    {
      id: 'dots',
      header: t`Segments`,
      width: 24 + ids.length * 16,
      render: (region) => (
        <span className={css.dots} aria-hidden>
          {ids.map((id, place) => (
            <i key={id} data-on={region.inside.includes(place)} title={names[place]} />
          ))}
        </span>
      ),
    },
    { id: 'who', header: t`Who is in`, render: titleOf },
    { id: 'count', header: t`People`, align: 'right', render: (region) => format.number(region.count) },
    {
      id: 'share',
      header: t`Of all`,
      align: 'right',
      hide: 'sm',
      render: (region) => format.percent(region.count / (overlap.data?.union ?? 1)),
    },
    {
      id: 'bar',
      header: t`Size`,
      hide: 'sm',
      width: '30%',
      render: (region) => <span className={css.bar} style={{ width: `${(region.count / largest) * 100}%` }} />,
    },
  ]
  return (
    <Page
      title={t`Overlap of segments`}
      back={{ href: '/segments', label: t`Segments` }}
      subtitle={t`Each person counts once: in exactly the segments of the row.`}
    >
      <div className={css.stack}>
        <Panel>
          <SegmentsInput
            value={ids}
            most={6}
            description={t`From two to six`}
            onChange={(next) =>
              void navigate({
                search: next.length > 0 ? { ids: next.join(',') } : {},
                replace: true,
              })
            }
          />
        </Panel>
        {overlap.error ? (
          <ErrorNote error={overlap.error} retry={() => void overlap.refetch()} />
        ) : ids.length < 2 ? (
          <Panel>
            <Empty title={t`Choose at least two segments`}>
              <Trans>For example readers of the blog and visitors of the site.</Trans>
            </Empty>
          </Panel>
        ) : !overlap.data ? (
          <Skeleton height={240} />
        ) : (
          <>
            {uncounted.length > 0 && (
              <Note level="warn">
                <Trans>Not yet counted, so shown as empty: {uncounted.join(', ')}.</Trans>
              </Note>
            )}
            <Panel flush title={t`${format.number(overlap.data.union)} people in at least one`}>
              <DataTable
                label={t`Overlap of segments`}
                columns={columns}
                rows={regions}
                rowKey={keyOf}
                onOpen={(region) =>
                  void navigate({ search: (old) => ({ ...old, part: keyOf(region) }), replace: true })
                }
                empty={<Empty title={t`Nobody is in these segments`} />}
              />
            </Panel>
            {chosen && (
              <Behind
                key={search.part}
                part={{ segment_ids: ids, inside: chosen.inside }}
                title={titleOf(chosen)}
                count={chosen.count}
              />
            )}
          </>
        )}
      </div>
    </Page>
  )
}

function Behind({ part, title, count }: { part: OverlapPart; title: string; count: number }) {
  const list = useInfiniteQuery(overlapPeopleQuery(part))
  return <PeopleBehind title={title} count={count} list={list} keep={(name) => keepOverlap(part, name)} />
}
