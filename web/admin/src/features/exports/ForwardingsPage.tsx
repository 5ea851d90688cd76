import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { type Column, DataTable } from '../../components/DataTable'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote } from '../../components/States'
import { forwardingsQuery } from '../../lib/api/endpoints/exports'
import type { Forwarding } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Exports.module.css'
import { ExportsNav } from './ExportsNav'
import { ForwardingForm } from './ForwardingForm'
import { OwnerOnly } from './OwnerOnly'
import { ForwardingStateLabel } from './words'

/** Where events go as they are stored, and whether they arrive. */
export function ForwardingsPage() {
  const { t } = useLingui()
  const may = useAccess()
  const format = useFormat()
  const list = useQuery(forwardingsQuery)
  const [adding, setAdding] = useState(false)
  const columns: Column<Forwarding>[] = [
    {
      id: 'name',
      header: t({ context: 'forwarding', message: 'Name' }),
      render: (row) => (
        <>
          <span style={{ fontWeight: 500 }}>{row.name}</span>
          <div className={css.dim}>{row.target.kind === 'webhook' ? row.target.url : 'Mixpanel'}</div>
        </>
      ),
    },
    {
      id: 'state',
      header: t`State`,
      render: (row) => (
        <>
          <ForwardingStateLabel forwarding={row} />
          {row.failures > 0 && <div className={css.dim}>{row.last_error}</div>}
        </>
      ),
    },
    {
      id: 'events',
      header: t`Events`,
      hide: 'md',
      render: (row) => (
        <>
          {row.names ? row.names.join(', ') : t`all`}
          {row.segments.length > 0 && <div className={css.dim}>{row.segments.map(({ name }) => name).join(', ')}</div>}
        </>
      ),
    },
    {
      id: 'hour',
      header: t`Delivered in an hour`,
      align: 'right',
      hide: 'sm',
      render: (row) => format.number(row.delivered_hour),
    },
    { id: 'waiting', header: t`Waiting`, align: 'right', render: (row) => format.number(row.waiting) },
    { id: 'dead', header: t`Not delivered`, align: 'right', render: (row) => format.number(row.dead) },
  ]
  const add = (
    <OwnerOnly onClick={() => setAdding(true)}>
      <Trans>New forwarding</Trans>
    </OwnerOnly>
  )
  return (
    <Page title={t`Exports`} actions={add}>
      <ExportsNav />
      <Panel flush>
        <DataTable
          label={t`Forwarding`}
          columns={columns}
          rows={list.data}
          rowKey={(row) => row.id}
          href={(row) => `/exports/forwarding/${row.id}`}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          empty={
            <Empty title={t`Nothing is forwarded yet`} action={may('manage') ? add : undefined}>
              <Trans>
                Chosen events, and people who enter or leave a segment, can go on to your own server by a signed webhook,
                or to Mixpanel, a second after they are stored.
              </Trans>
            </Empty>
          }
        />
      </Panel>
      {adding && <ForwardingForm forwarding={null} onClose={() => setAdding(false)} />}
    </Page>
  )
}
