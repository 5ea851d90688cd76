import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'

import { type Column, DataTable } from '../../components/DataTable'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote } from '../../components/States'
import { Ago } from '../../components/Time'
import { feedsQuery } from '../../lib/api/endpoints/catalog'
import type { Feed } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Catalog.module.css'
import { CatalogNav } from './CatalogNav'
import { RunState, useEvery } from './feedWords'
import { NewFeed } from './NewFeed'

export function FeedsPage() {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const every = useEvery()
  const [adding, { open, close }] = useDisclosure(false)
  const feeds = useQuery(feedsQuery)
  const add = may('edit') && (
    <Button leftSection={<IconPlus size={16} />} onClick={open}>
      <Trans>Add a feed</Trans>
    </Button>
  )
  const columns: Column<Feed>[] = [
    { id: 'name', header: t`Name`, render: (feed) => feed.name },
    {
      id: 'from',
      header: t`From`,
      hide: 'md',
      render: (feed) => (
        <span className={css.dim} style={{ overflowWrap: 'anywhere' }}>
          {feed.kind === 'url' ? feed.url?.split('?')[0] : feed.kind === 'exchange' ? t`1C` : t`a file`}
        </span>
      ),
    },
    { id: 'products', header: t`Products`, align: 'right', render: (feed) => format.number(feed.products) },
    {
      id: 'state',
      header: t`Last loading`,
      render: (feed) => (feed.last_run ? <RunState state={feed.last_run.state} /> : NOTHING),
    },
    { id: 'fresh', header: t`Up to date`, hide: 'sm', render: (feed) => <Ago at={feed.fresh_at} /> },
    {
      id: 'every',
      header: t`Schedule`,
      hide: 'sm',
      render: (feed) =>
        feed.kind === 'url'
          ? (every.find((one) => one.value === String(feed.every_minutes ?? ''))?.label ??
            t`every ${format.number(feed.every_minutes)} min`)
          : NOTHING,
    },
  ]
  return (
    <Page title={t`Catalogue`} actions={add}>
      <CatalogNav />
      <Panel flush>
        <DataTable
          label={t`Feeds`}
          columns={columns}
          rows={feeds.data as Feed[] | undefined}
          rowKey={(feed) => feed.id}
          href={(feed) => `/catalogue/feeds/${feed.id}`}
          error={feeds.error && <ErrorNote error={feeds.error} retry={() => void feeds.refetch()} />}
          empty={
            <Empty title={t`No feeds yet`} action={add}>
              <Trans>
                A feed is the file with all goods that your shop already makes for Yandex Market or Google.
                Give its address, and the catalogue keeps itself up to date.
              </Trans>
            </Empty>
          }
        />
      </Panel>
      {adding && <NewFeed onClose={close} />}
    </Page>
  )
}
