import { Button, Progress } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconUpload } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'

import { AppLink } from '../../components/AppLink'
import { type Column, DataTable } from '../../components/DataTable'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote } from '../../components/States'
import { Ago } from '../../components/Time'
import { importsQuery } from '../../lib/api/endpoints/imports'
import type { Import } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { ImportStateLabel, serviceName, useKindName } from './importStates'

export function ImportsPage() {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const kindName = useKindName()
  const list = useInfiniteQuery(importsQuery)
  const upload = may('edit') && (
    <Button component={AppLink} href="/imports/new" leftSection={<IconUpload size={16} />}>
      <Trans>Import a file</Trans>
    </Button>
  )
  const columns: Column<Import>[] = [
    {
      id: 'file',
      header: t`File`,
      render: (row) => (
        <>
          {row.file_name}
          {row.dry_run && (
            <span style={{ color: 'var(--text-dim)', fontWeight: 400 }}>
              {' '}
              · <Trans>trial run</Trans>
            </span>
          )}
        </>
      ),
    },
    {
      id: 'kind',
      header: t`What`,
      hide: 'sm',
      render: (row) => [kindName(row.kind), serviceName(row.service)].filter(Boolean).join(', '),
    },
    {
      id: 'state',
      header: t`State`,
      render: (row) => (
        <>
          <ImportStateLabel state={row.state} />
          {row.state === 'running' && row.bytes_total > 0 && (
            <Progress value={(row.bytes_done / row.bytes_total) * 100} size={3} mt={4} aria-label={t`Progress`} />
          )}
        </>
      ),
    },
    { id: 'ok', header: t`Rows taken`, align: 'right', hide: 'sm', render: (row) => format.number(row.rows_ok) },
    { id: 'failed', header: t`With errors`, align: 'right', hide: 'sm', render: (row) => format.number(row.rows_failed) },
    {
      id: 'who',
      header: t`Who`,
      hide: 'md',
      render: (row) => row.created_by ?? <Trans>command line</Trans>,
    },
    { id: 'at', header: t`When`, render: (row) => <Ago at={row.created_at} /> },
  ]
  return (
    <Page title={t`Imports`} actions={upload}>
      <Panel flush>
        <DataTable
          label={t`Imports`}
          columns={columns}
          rows={list.data?.pages.flatMap((page) => page.items)}
          rowKey={(row) => row.id}
          href={(row) => `/imports/${row.id}`}
          total={list.data?.pages[0]?.total ?? null}
          more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          empty={
            <Empty title={t`Nothing was imported yet`} action={upload}>
              <Trans>
                Take a file of customers, orders, events or consents from your shop, CRM, 1C or mailing
                service. You will see how it is read before anything is stored.
              </Trans>
            </Empty>
          }
        />
      </Panel>
    </Page>
  )
}
