import { Button } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconRss } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { AppLink } from '../../components/AppLink'
import { type Column, DataTable } from '../../components/DataTable'
import { notifyDone } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { SearchInput } from '../../components/SearchInput'
import { Empty, ErrorNote } from '../../components/States'
import { Ago, DateTime } from '../../components/Time'
import { lettersQuery } from '../../lib/api/endpoints/content'
import type { LetterItem } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useAccess } from '../../lib/hooks/useAccess'
import { subjectText } from '../../lib/subjectText'
import { Pictures } from './media/Pictures'

const route = getRouteApi('/inside/letters')

export function LettersPage() {
  const { t } = useLingui()
  const may = useAccess()
  const { q = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery(lettersQuery(q))
  const copyAddress = ({ src }: { src: string }) => {
    // Where the page is not served encrypted, browsers give no clipboard.
    const copied = navigator.clipboard?.writeText(src) ?? Promise.reject(new Error('no clipboard'))
    copied.then(
      () => notifyDone(t`The address of the picture is copied`),
      () => notifyDone(src),
    )
  }
  const newLetter = may('edit') && (
    <Button component={AppLink} href="/letters/new" leftSection={<IconPlus size={16} />}>
      <Trans>New letter</Trans>
    </Button>
  )
  const columns: Column<LetterItem>[] = [
    { id: 'name', header: t`Name`, render: (row) => row.name || t`Untitled` },
    { id: 'subject', header: t`Subject`, hide: 'sm', render: (row) => subjectText(row.subject) || NOTHING },
    { id: 'kind', header: t`Kind`, hide: 'md', render: (row) => (row.kind === 'blocks' ? t`Blocks` : row.kind.toUpperCase()) },
    {
      id: 'used',
      header: t`Used by`,
      hide: 'md',
      render: (row) => row.used_by.map((use) => use.name).join(', ') || NOTHING,
    },
    { id: 'updated', header: t`Changed`, render: (row) => <Ago at={row.updated_at} /> },
    { id: 'created', header: t`Created`, hide: 'md', extra: true, render: (row) => <DateTime at={row.created_at} /> },
  ]
  return (
    <Page
      title={t`Letters`}
      actions={
        <>
          {may('edit') && <Pictures takeLabel={t`Copy the address`} onChoose={copyAddress} />}
          <Button component={AppLink} href="/letters/feeds" variant="default" leftSection={<IconRss size={16} />}>
            <Trans>Feeds of articles</Trans>
          </Button>
          {newLetter}
        </>
      }
    >
      <Panel flush>
        <DataTable
          label={t`Letters`}
          storeKey="letters"
          columns={columns}
          rows={list.data?.pages.flatMap((page) => page.items)}
          rowKey={(row) => row.id}
          href={(row) => `/letters/${row.id}`}
          total={list.data?.pages[0]?.total ?? null}
          more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          toolbar={
            <SearchInput
              placeholder={t`Find a letter`}
              value={q}
              onChange={(text) => void navigate({ search: { q: text || undefined }, replace: true })}
            />
          }
          empty={
            q ? (
              <Empty title={t`No letter fits`}>
                <Trans>Try another part of the name.</Trans>
              </Empty>
            ) : (
              <Empty title={t`No letters yet`} action={newLetter}>
                <Trans>
                  A letter is written once and used by any number of mailings. Begin with a ready one: it
                  has an unsubscribe link and looks right on a phone.
                </Trans>
              </Empty>
            )
          }
        />
      </Panel>
    </Page>
  )
}
