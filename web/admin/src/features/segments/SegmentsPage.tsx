import { Button, Menu } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconChevronDown, IconListDetails, IconPlus, IconRefresh } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'

import { type Column, DataTable } from '../../components/DataTable'
import { Page, Panel } from '../../components/Page'
import { SearchInput } from '../../components/SearchInput'
import { Empty, ErrorNote } from '../../components/States'
import { Ago, DateTime } from '../../components/Time'
import { segmentsQuery } from '../../lib/api/endpoints/segments'
import type { Segment } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'

const route = getRouteApi('/inside/segments')

export function SegmentsPage() {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const { q = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery(segmentsQuery(q))
  const columns: Column<Segment>[] = [
    { id: 'name', header: t`Name`, render: (row) => row.name },
    {
      id: 'kind',
      header: t`Kind`,
      hide: 'sm',
      render: (row) => (row.kind === 'dynamic' ? t`by conditions` : t`fixed list`),
    },
    {
      id: 'count',
      header: t`People`,
      align: 'right',
      render: (row) => (row.count === null ? NOTHING : format.number(row.count)),
    },
    { id: 'as_of', header: t`As of`, hide: 'sm', render: (row) => <Ago at={row.computed_at} /> },
    {
      id: 'used',
      header: t`Used by`,
      hide: 'md',
      render: (row) => (row.used_by.length ? row.used_by.map((use) => use.name).join(', ') : NOTHING),
    },
    {
      id: 'took',
      header: t`Counted in`,
      align: 'right',
      hide: 'md',
      extra: true,
      render: (row) => (row.took_ms === null ? NOTHING : t`${format.number(row.took_ms)} ms`),
    },
    { id: 'created', header: t`Created`, hide: 'md', extra: true, render: (row) => <DateTime at={row.created_at} /> },
  ]
  return (
    <Page title={t`Segments`} actions={may('edit') && <NewSegmentButton />}>
      <Panel flush>
        <DataTable
          label={t`Segments`}
          storeKey="segments"
          columns={columns}
          rows={list.data?.pages.flatMap((page) => page.items)}
          rowKey={(row) => row.id}
          href={(row) => `/segments/${row.id}`}
          total={list.data?.pages[0]?.total ?? null}
          more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          toolbar={
            <SearchInput
              placeholder={t`Find a segment`}
              value={q}
              onChange={(text) => void navigate({ search: { q: text || undefined }, replace: true })}
            />
          }
          empty={
            q ? (
              <Empty title={t`No segment fits`}>
                <Trans>Try another part of the name.</Trans>
              </Empty>
            ) : (
              <Empty title={t`No segments yet`} action={may('edit') && <NewSegmentButton />}>
                <Trans>
                  A segment is a part of your customers that fits conditions, such as “bought at least 3
                  times, but not in the last 60 days”. It recounts itself.
                </Trans>
              </Empty>
            )
          }
        />
      </Panel>
    </Page>
  )
}

function NewSegmentButton() {
  const { t } = useLingui()
  const router = useRouter()
  return (
    <Menu>
      <Menu.Target>
        <Button leftSection={<IconPlus size={16} />} rightSection={<IconChevronDown size={14} />}>
          <Trans>New segment</Trans>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconRefresh size={16} />} onClick={() => router.history.push('/segments/new')}>
          {t`By conditions, recounts itself`}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconListDetails size={16} />}
          onClick={() => router.history.push('/segments/new?kind=static')}
        >
          {t`A fixed list`}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
