import { Button } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { type Column, DataTable } from '../../../components/DataTable'
import { Page, Panel } from '../../../components/Page'
import { Empty, ErrorNote } from '../../../components/States'
import { transactionalsQuery } from '../../../lib/api/endpoints/transactional'
import type { Transactional } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { MailingsNav } from '../MailingsNav'
import { NewTransactional } from './NewTransactional'
import css from './Transactional.module.css'
import { TransactionalStateLabel } from './words'

/** Letters that the shop's own programs ask for: receipts, passwords, notices of delivery. */
export function TransactionalsPage() {
  const { t } = useLingui()
  const may = useAccess()
  const format = useFormat()
  const list = useQuery(transactionalsQuery)
  const [adding, setAdding] = useState(false)
  const columns: Column<Transactional>[] = [
    {
      id: 'name',
      header: t({ context: 'transactional', message: 'Name' }),
      render: (row) => (
        <>
          <span style={{ fontWeight: 500 }}>{row.name}</span>
          <div className={css.key}>{row.key}</div>
        </>
      ),
    },
    { id: 'state', header: t`State`, render: (row) => <TransactionalStateLabel letter={row} /> },
    { id: 'sent', header: t`Sent`, align: 'right', render: (row) => format.number(row.counts?.sent ?? 0) },
    {
      id: 'pending',
      header: t`Waiting`,
      align: 'right',
      hide: 'sm',
      render: (row) => format.number(row.counts?.pending ?? 0),
    },
    {
      id: 'not',
      header: t`Not delivered`,
      align: 'right',
      hide: 'sm',
      render: ({ counts }) => format.number((counts?.bounced ?? 0) + (counts?.failed ?? 0) + (counts?.skipped ?? 0)),
    },
  ]
  const add = (
    <Button onClick={() => setAdding(true)}>
      <Trans>New transactional letter</Trans>
    </Button>
  )
  return (
    <Page
      title={t`Mailings`}
      actions={may('edit') ? add : undefined}
    >
      <MailingsNav />
      <Panel flush>
        <DataTable
          label={t`Transactional letters`}
          columns={columns}
          rows={list.data}
          rowKey={(row) => row.id}
          href={(row) => `/mailings/transactional/${row.id}`}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          empty={
            <Empty title={t`No transactional letters yet`} action={may('edit') ? add : undefined}>
              <Trans>
                A receipt, a new password, a notice that the order is on its way: your own programs ask for such a
                letter by its key, with the data it shows, and it goes at once, each request one letter.
              </Trans>
            </Empty>
          }
        />
      </Panel>
      {adding && <NewTransactional onClose={() => setAdding(false)} />}
    </Page>
  )
}
