import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'

import { type Column, DataTable } from '../../../components/DataTable'
import { Page, Panel } from '../../../components/Page'
import { Empty, ErrorNote, StateLabel } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { contentFeedsQuery } from '../../../lib/api/endpoints/contentFeeds'
import type { ContentFeed } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import css from './Feeds.module.css'
import { NewFeed } from './NewFeed'
import { FORMATS } from './words'

/** Where articles for letters come from, and how each source is doing. */
export function FeedsPage() {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const [adding, { open, close }] = useDisclosure(false)
  const feeds = useQuery(contentFeedsQuery)
  const add = may('edit') && (
    <Button leftSection={<IconPlus size={16} />} onClick={open}>
      <Trans context="content feed">Add a feed</Trans>
    </Button>
  )
  const columns: Column<ContentFeed>[] = [
    { id: 'name', header: t`Name`, render: (feed) => feed.name },
    {
      id: 'from',
      header: t`From`,
      hide: 'md',
      render: (feed) => <span className={css.dim}>{feed.url.split('?')[0]}</span>,
    },
    { id: 'format', header: t`Format`, hide: 'md', render: (feed) => (feed.format ? FORMATS[feed.format] : NOTHING) },
    { id: 'items', header: t`Items`, align: 'right', render: (feed) => format.number(feed.items) },
    { id: 'state', header: t`State`, render: (feed) => <FeedState feed={feed} /> },
    { id: 'new', header: t`Last new item`, hide: 'sm', render: (feed) => <Ago at={feed.new_at} /> },
    { id: 'fresh', header: t`Read`, hide: 'sm', render: (feed) => <Ago at={feed.fresh_at} /> },
  ]
  return (
    <Page
      title={t`Feeds of articles`}
      subtitle={t`Sources of articles for letters and regular mailings`}
      back={{ href: '/letters', label: t`Letters` }}
      actions={add}
    >
      <Panel flush>
        <DataTable
          label={t`Feeds of articles`}
          columns={columns}
          rows={feeds.data as ContentFeed[] | undefined}
          rowKey={(feed) => feed.id}
          href={(feed) => `/letters/feeds/${feed.id}`}
          error={feeds.error && <ErrorNote error={feeds.error} retry={() => void feeds.refetch()} />}
          empty={
            <Empty title={t({ context: 'content feed', message: 'No feeds yet' })} action={add}>
              <Trans>
                A feed is a list of articles that your blog or site already gives: RSS, Atom, JSON or YML.
                Letters repeat a block over it, and a regular mailing sends each reader what is new.
              </Trans>
            </Empty>
          }
        />
      </Panel>
      {adding && <NewFeed onClose={close} />}
    </Page>
  )
}

export function FeedState({ feed }: { feed: ContentFeed }) {
  const { t } = useLingui()
  if (feed.problem) return <StateLabel tone="bad">{t`Not read`}</StateLabel>
  if (!feed.fresh_at) return <StateLabel tone="live">{t`Being fetched`}</StateLabel>
  if (feed.silent) return <StateLabel tone="warn">{t`Silent`}</StateLabel>
  return <StateLabel tone="good">{t`In order`}</StateLabel>
}
