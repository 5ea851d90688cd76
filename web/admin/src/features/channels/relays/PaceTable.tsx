import { Trans, useLingui } from '@lingui/react/macro'

import { type Column, DataTable } from '../../../components/DataTable'
import { Panel } from '../../../components/Page'
import { Empty, StateLabel } from '../../../components/States'
import { Ago } from '../../../components/Time'
import type { ProviderPace } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Relays.module.css'

/** How fast each mail provider takes letters, and who asked for less. */
export function PaceTable({ rows }: { rows: ProviderPace[] | undefined }) {
  const { t } = useLingui()
  const format = useFormat()
  const columns: Column<ProviderPace>[] = [
    {
      id: 'provider',
      header: t`Mail provider`,
      render: (row) => row.provider || t`all others`,
    },
    { id: 'relay', header: t`Through`, hide: 'sm', render: (row) => row.relay || t`SMTP server of the installation` },
    {
      id: 'pace',
      header: t`Letters a second`,
      align: 'right',
      render: (row) => format.number(row.pace_per_s),
    },
    {
      id: 'limit',
      header: t`Limit`,
      render: (row) =>
        row.limit_per_s === null ? (
          <StateLabel tone="idle">
            <Trans>none</Trans>
          </StateLabel>
        ) : (
          <div style={{ minWidth: 180, maxWidth: '48ch' }}>
            <StateLabel tone="warn">
              <Trans>at most {format.number(row.limit_per_s)} a second</Trans>
            </StateLabel>
            <div className={css.note} style={{ whiteSpace: 'normal', overflowWrap: 'anywhere' }}>
              {row.answer} (<Ago at={row.slowed_at} />)
            </div>
          </div>
        ),
    },
    { id: 'taken', header: t`Taken in an hour`, align: 'right', hide: 'sm', render: (row) => format.number(row.taken) },
    { id: 'delayed', header: t`Put off`, align: 'right', hide: 'md', render: (row) => format.number(row.delayed) },
    { id: 'refused', header: t`Refused`, align: 'right', hide: 'md', render: (row) => format.number(row.refused) },
  ]
  return (
    <Panel
      flush
      title={t`Pace by mail provider`}
      hint={t`When a provider answers that letters come too fast, only its letters slow down; the pace grows back while it takes them.`}
    >
      <DataTable
        label={t`Pace by mail provider`}
        columns={columns}
        rows={rows}
        rowKey={(row) => `${row.relay}|${row.provider}`}
        keys={false}
        empty={
          <Empty title={t`No letters in the last hour`}>
            <Trans>While a mailing goes, the pace of each provider stands here.</Trans>
          </Empty>
        }
      />
    </Panel>
  )
}
