import { Button } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'

import { type Column, DataTable } from '../../../components/DataTable'
import { notifyError } from '../../../components/notify'
import { Page, Panel } from '../../../components/Page'
import { Empty, ErrorNote, useErrorText } from '../../../components/States'
import { Ago, DateTime } from '../../../components/Time'
import { createRegular, regularListQuery } from '../../../lib/api/endpoints/regular'
import type { RegularMailing } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { MailingsNav } from '../MailingsNav'
import { RegularStateLabel, RunStateLabel, usePlanText } from './words'

/** Mailings that go out by a plan, with their next moment and what became of the last one. */
export function RegularListPage() {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const router = useRouter()
  const client = useQueryClient()
  const errorText = useErrorText()
  const planText = usePlanText()
  const list = useQuery(regularListQuery)
  const create = useMutation({
    mutationFn: () => createRegular({ name: t`New digest` }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['regular'], exact: true })
      router.history.push(`/mailings/regular/${made.id}`)
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const add = may('edit') && (
    <Button leftSection={<IconPlus size={16} />} loading={create.isPending} onClick={() => create.mutate()}>
      <Trans>New regular mailing</Trans>
    </Button>
  )
  const columns: Column<RegularMailing>[] = [
    { id: 'name', header: t`Name`, render: (row) => row.name },
    { id: 'state', header: t`State`, render: (row) => <RegularStateLabel state={row.state} /> },
    { id: 'plan', header: t`Plan`, hide: 'md', render: (row) => planText(row.plan) },
    {
      id: 'next',
      header: t`Next time`,
      hide: 'sm',
      render: (row) =>
        row.next_at ? (
          <>
            <DateTime at={row.next_at} />
            {row.next_skipped && ` · ${t`left out`}`}
          </>
        ) : (
          NOTHING
        ),
    },
    {
      id: 'last',
      header: t({ context: 'regular mailing', message: 'Last run' }),
      hide: 'sm',
      render: (row) =>
        row.last_run ? (
          <>
            <RunStateLabel state={row.last_run.state} /> <Ago at={row.last_run.moment} />
          </>
        ) : (
          NOTHING
        ),
    },
    {
      id: 'sent',
      header: t`Sent the last time`,
      align: 'right',
      hide: 'md',
      render: (row) => (row.last_run?.campaign_id ? format.number(row.last_run.counts.sent) : NOTHING),
    },
  ]
  return (
    <Page
      title={t`Mailings`}
      subtitle={t`Digests that fill themselves: the same letter by a plan, with what is new for each reader`}
      actions={add}
    >
      <MailingsNav />
      <Panel flush>
        <DataTable
          label={t`Regular mailings`}
          columns={columns}
          rows={list.data as RegularMailing[] | undefined}
          rowKey={(row) => row.id}
          href={(row) => `/mailings/regular/${row.id}`}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          empty={
            <Empty title={t`No regular mailings yet`} action={add}>
              <Trans>
                A regular mailing takes what is new from your feeds and sends each reader the items of his
                topics. Who has nothing new gets no letter, and nobody gets an item twice.
              </Trans>
            </Empty>
          }
        />
      </Panel>
    </Page>
  )
}
