import { Button } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../../components/AppLink'
import { type Column, DataTable } from '../../components/DataTable'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote, StateLabel } from '../../components/States'
import { Ago } from '../../components/Time'
import { sourcesQuery } from '../../lib/api/endpoints/sources'
import type { HookSource } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { useServiceNames } from './services'
import { SourceState } from './states'

/** Addresses that other services call with forms, orders and answers. */
export function SourcesPage() {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const serviceNames = useServiceNames()
  const sources = useQuery(sourcesQuery)
  const connect = may('edit') && (
    <Button component={AppLink} href="/sources/new" leftSection={<IconPlus size={16} />}>
      <Trans>Connect a service</Trans>
    </Button>
  )
  const columns: Column<HookSource>[] = [
    { id: 'name', header: t`Source`, render: (row) => row.name },
    { id: 'service', header: t`Service`, hide: 'sm', render: (row) => serviceNames[row.service] },
    { id: 'state', header: t`State`, render: (row) => <SourceState state={row.state} /> },
    {
      id: 'calls',
      header: t`Calls in 24 hours`,
      align: 'right',
      hide: 'sm',
      render: (row) => format.number(row.calls_24h),
    },
    {
      id: 'problems',
      header: t`Problems in 24 hours`,
      hide: 'sm',
      render: (row) => <Problems source={row} />,
    },
    { id: 'last', header: t`Last call`, render: (row) => <Ago at={row.last_call_at} /> },
  ]
  return (
    <Page
      title={t`Sources`}
      actions={
        <>
          <Button component={AppLink} href="/sources/exchanges" variant="default">
            <Trans>Exchange with 1C</Trans>
          </Button>
          {connect}
        </>
      }
    >
      <Panel flush>
        <DataTable
          label={t`Sources`}
          columns={columns}
          rows={sources.data}
          rowKey={(row) => row.id}
          href={(row) => `/sources/${row.id}`}
          error={sources.error && <ErrorNote error={sources.error} retry={() => void sources.refetch()} />}
          empty={
            <Empty title={t`No service is connected yet`} action={connect}>
              <Trans>
                Forms of Tilda and Google, quizzes, bots and Zaps send what people enter to an address
                here. You say by clicking what each field means, and every call becomes a customer with
                an event.
              </Trans>
            </Empty>
          }
        />
      </Panel>
    </Page>
  )
}

function Problems({ source }: { source: HookSource }) {
  const format = useFormat()
  if (!source.failed_24h && !source.refused_24h) return <>{NOTHING}</>
  return (
    <StateLabel tone={source.failed_24h ? 'bad' : 'warn'}>
      {source.failed_24h > 0 && <Trans>failed: {format.number(source.failed_24h)}</Trans>}
      {source.failed_24h > 0 && source.refused_24h > 0 && ', '}
      {source.refused_24h > 0 && <Trans>refused: {format.number(source.refused_24h)}</Trans>}
    </StateLabel>
  )
}
