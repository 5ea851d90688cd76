import { Button } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconScale } from '@tabler/icons-react'
import { useState } from 'react'

import { AppLink } from '../../../components/AppLink'
import { type Column, DataTable, type Sorting } from '../../../components/DataTable'
import { Panel } from '../../../components/Page'
import { SearchInput } from '../../../components/SearchInput'
import { Empty } from '../../../components/States'
import type { MailingRow, MailingsReport } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { type MailingsSearch, peopleHref } from './asked'
import { sorted } from './changes'
import { useShowFigure, useTotalFigures } from './figures'
import { hasPeople } from './Totals'

export const COMPARED_MAX = 10
const SHOWN = new Set(['sent', 'opened', 'clicked', 'unsubscribed', 'attributed_orders', 'attributed_revenue'])
/** Of one mailing these would say the same in every row, or nothing. */
const OF_ALL = new Set(['people', 'orders', 'revenue'])

interface MailingsTableProps {
  report: MailingsReport
  /** What the page is asked for. */
  search: MailingsSearch
  rule: string
  sorting: Sorting
}

export function MailingsTable({ report, search, rule, sorting }: MailingsTableProps) {
  const { t } = useLingui()
  const format = useFormat()
  const show = useShowFigure(report.currency)
  const { letters, orders } = useTotalFigures()
  const [selected, setSelected] = useState<Set<string | number>>(new Set())
  const [text, setText] = useState('')
  const figures = [...letters, ...orders].filter((figure) => !OF_ALL.has(figure.id))
  const dayOf = report.since.slice(0, 4) === report.until.slice(0, 4) ? format.shortDate : format.date
  const columns: Column<MailingRow>[] = [
    { id: 'name', header: t`Mailing`, sortable: true, render: (row) => row.name ?? t`deleted mailing` },
    {
      id: 'sent_at',
      header: t`First letter`,
      hide: 'md',
      sortable: true,
      render: (row) => (row.sent_at ? dayOf(row.sent_at) : NOTHING),
    },
    ...figures.map(
      (figure): Column<MailingRow> => ({
        id: figure.id,
        header: figure.label,
        align: 'right',
        sortable: true,
        extra: !SHOWN.has(figure.id),
        ...(figure.id === 'sent' && { hide: 'sm' }),
        ...(figure.id === 'unsubscribed' && { hide: 'md' }),
        render: (row) => {
          const shown = show(figure.kind, figure.of(row.totals))
          if (!hasPeople(figure, row.totals)) return shown
          return <AppLink href={peopleHref(search, { figure: figure.people, mailing: row.id })}>{shown}</AppLink>
        },
      }),
    ),
  ]
  const found = report.mailings.filter((row) => (row.name ?? '').toLowerCase().includes(text.toLowerCase()))
  const rows = sorted(found, sorting.value, (row, column) => {
    if (column === 'name') return row.name
    if (column === 'sent_at') return row.sent_at
    return figures.find((figure) => figure.id === column)?.of(row.totals) ?? null
  })
  // A deleted mailing has nothing to be compared by.
  const ids = report.mailings.filter((row) => selected.has(row.id) && row.name !== null).map((row) => row.id)
  const canCompare = ids.length >= 2 && ids.length <= COMPARED_MAX
  return (
    <Panel title={t`Mailings`} hint={t`Orders and revenue: ${rule}. Choose from 2 to ${COMPARED_MAX} to compare them.`} flush>
      <DataTable
        label={t`Mailings`}
        storeKey="report-mailings"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        href={(row) => (row.name === null ? null : `/mailings/${row.id}`)}
        sorting={sorting}
        selection={{ selected, onChange: setSelected }}
        toolbar={<SearchInput placeholder={t`Name of a mailing`} value={text} onChange={setText} />}
        bulk={
          <>
            <span className="tnum">
              <Trans>Selected: {selected.size}</Trans>
            </span>
            {canCompare ? (
              <Button
                component={AppLink}
                href={`/reports/compare?${new URLSearchParams({ ids: ids.join(','), ...(search.segment && { segment: search.segment }) })}`}
                leftSection={<IconScale size={16} />}
              >
                <Trans>Compare</Trans>
              </Button>
            ) : (
              <Button disabled leftSection={<IconScale size={16} />}>
                <Trans>Compare</Trans>
              </Button>
            )}
            <Button variant="subtle" color="gray" onClick={() => setSelected(new Set())}>
              <Trans>Clear the selection</Trans>
            </Button>
          </>
        }
        empty={
          text ? (
            <Empty title={t`Nothing found`} />
          ) : (
            <Empty title={t`No mailings in this period`}>
              <Trans>Choose other days, or send a mailing first.</Trans>
            </Empty>
          )
        }
      />
    </Panel>
  )
}
