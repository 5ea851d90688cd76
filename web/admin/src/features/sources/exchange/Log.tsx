import { Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { type Column, DataTable } from '../../../components/DataTable'
import { Panel } from '../../../components/Page'
import { Empty, ErrorNote, StateLabel } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { exchangeLogQuery } from '../../../lib/api/endpoints/exchanges'
import type { Exchange, ExchangeSession } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'

/** What came and went, newest first. */
export function Log({ exchange }: { exchange: Exchange }) {
  const { t } = useLingui()
  const log = useQuery(exchangeLogQuery(exchange.id))
  const columns: Column<ExchangeSession>[] = [
    { id: 'at', header: t`When`, render: (row) => <Ago at={row.created_at} /> },
    {
      id: 'kind',
      header: t`What`,
      hide: 'sm',
      render: (row) => (row.kind === 'catalog' ? t`Products` : t`Orders`),
    },
    { id: 'state', header: t`State`, render: (row) => <SessionState session={row} /> },
    {
      id: 'counts',
      header: t`Read and taken`,
      hide: 'sm',
      render: (row) => <Counts session={row} />,
    },
    { id: 'problems', header: t`Problems`, render: (row) => <Problems session={row} /> },
  ]
  return (
    <Panel title={t`Exchanges`} flush>
      <DataTable
        label={t`Exchanges`}
        columns={columns}
        rows={log.data}
        rowKey={(row) => row.id}
        error={log.error && <ErrorNote error={log.error} retry={() => void log.refetch()} />}
        empty={
          <Empty title={t`1C has not called yet`}>
            <Trans>Start the exchange in 1C: it will appear here by itself.</Trans>
          </Empty>
        }
      />
    </Panel>
  )
}

const hasFailed = (session: ExchangeSession) =>
  session.problem !== null || session.files.some((file) => file.state === 'failed')

function SessionState({ session }: { session: ExchangeSession }) {
  if (hasFailed(session)) {
    return (
      <StateLabel tone="bad">
        <Trans>with errors</Trans>
      </StateLabel>
    )
  }
  if (session.state === 'closed') {
    return (
      <StateLabel tone="good">
        <Trans context="exchange">finished</Trans>
      </StateLabel>
    )
  }
  return (
    <StateLabel tone="live">
      <Trans>under way</Trans>
    </StateLabel>
  )
}

function Counts({ session }: { session: ExchangeSession }) {
  const { t } = useLingui()
  const format = useFormat()
  const sum = (name: string) => session.files.reduce((all, file) => all + (file.counts[name] ?? 0), 0)
  const told: [string, number][] = [
    [t`products`, sum('products')],
    [t`offers`, sum('offers')],
    [t`products added`, sum('added')],
    [t`products changed`, sum('changed')],
    [t`products gone`, sum('gone') + (session.gone ?? 0)],
    [t`documents`, sum('documents')],
    [t`new orders`, sum('new_orders')],
    [t`orders changed`, sum('changed_orders')],
    [t`orders handed over`, session.orders_taken],
  ]
  const said = told.filter(([, count]) => count > 0)
  if (said.length === 0) return <>{NOTHING}</>
  return <>{said.map(([name, count]) => `${name}: ${format.number(count)}`).join(', ')}</>
}

function Problems({ session }: { session: ExchangeSession }) {
  const told = session.files.flatMap((file) => file.problems.map((text) => ({ name: file.name, text })))
  if (session.problem === null && told.length === 0) return <>{NOTHING}</>
  return (
    <Stack gap={4}>
      {session.problem !== null && <span>{session.problem}</span>}
      {told.map(({ name, text }) => (
        <span key={`${name} ${text}`} style={{ overflowWrap: 'anywhere' }}>
          {name}: {text}
        </span>
      ))}
    </Stack>
  )
}
