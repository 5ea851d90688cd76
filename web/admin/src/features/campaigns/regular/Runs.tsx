import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { type Column, DataTable } from '../../../components/DataTable'
import { Panel } from '../../../components/Page'
import { Empty, ErrorNote } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { regularReportQuery, regularRunsQuery } from '../../../lib/api/endpoints/regular'
import type { RegularRun } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Regular.module.css'
import { RunStateLabel } from './words'

/** Every moment that has come, and what became of it. */
export function Runs({ id }: { id: string }) {
  const { t } = useLingui()
  const format = useFormat()
  const runs = useQuery(regularRunsQuery(id))
  const columns: Column<RegularRun>[] = [
    { id: 'when', header: t`When`, render: (run) => <DateTime at={run.moment} /> },
    {
      id: 'state',
      header: t`Outcome`,
      render: (run) => (
        <>
          <RunStateLabel state={run.state} />
          {run.problem && <div className={css.dim}>{run.problem}</div>}
        </>
      ),
    },
    {
      id: 'items',
      header: t`New items`,
      align: 'right',
      hide: 'sm',
      render: (run) => (run.new_items === null ? NOTHING : format.number(run.new_items)),
    },
    {
      id: 'sent',
      header: t`Sent`,
      align: 'right',
      render: (run) => (run.campaign_id ? format.number(run.counts.sent) : NOTHING),
    },
    {
      id: 'skipped',
      header: t`Left out`,
      align: 'right',
      hide: 'sm',
      render: (run) =>
        run.campaign_id ? (
          <AppLink href={`/mailings/${run.campaign_id}/recipients?state=skipped`}>
            {format.number(run.counts.skipped)}
          </AppLink>
        ) : (
          NOTHING
        ),
    },
    {
      id: 'report',
      header: '',
      render: (run) =>
        run.campaign_id && (
          <AppLink href={`/mailings/${run.campaign_id}`}>
            <Trans>Report</Trans>
          </AppLink>
        ),
    },
  ]
  return (
    <Panel title={t({ context: 'regular mailing', message: 'Runs' })} flush>
      <DataTable
        label={t({ context: 'regular mailing', message: 'Runs' })}
        columns={columns}
        rows={runs.data as RegularRun[] | undefined}
        rowKey={(run) => run.id}
        error={runs.error && <ErrorNote error={runs.error} retry={() => void runs.refetch()} />}
        empty={
          <Empty title={t({ context: 'regular mailing', message: 'No runs yet' })}>
            <Trans>The first one appears here when its moment comes.</Trans>
          </Empty>
        }
      />
    </Panel>
  )
}

/** The whole series added up: letters, and why people got none. */
export function SeriesReport({ id }: { id: string }) {
  const { t } = useLingui()
  const format = useFormat()
  const { data, error } = useQuery(regularReportQuery(id))
  if (error) return <ErrorNote error={error} />
  if (!data || data.runs.length === 0) return null
  const { total, counts } = data
  const share = (part: number) => (total.sent ? ` · ${format.percent(part / total.sent)}` : '')
  return (
    <Panel
      title={t`All runs together`}
      hint={t`Letters of the last ${data.runs.length} runs that went out.`}
      actions={
        <AppLink href={`/mailings/regular/${id}/report`}>
          <Trans>Report</Trans>
        </AppLink>
      }
    >
      <dl className={css.facts}>
        <dt>{t`Sent`}</dt>
        <dd>{format.number(counts.sent)}</dd>
        <dt>{t`Opened`}</dt>
        <dd>
          {format.number(total.opened)}
          {share(total.opened)}
        </dd>
        <dt>{t`Clicked`}</dt>
        <dd>
          {format.number(total.clicked)}
          {share(total.clicked)}
        </dd>
        <dt>{t`Target actions`}</dt>
        <dd>{format.number(total.targets)}</dd>
        <dt>{t`Items`}</dt>
        <dd>{format.number(total.items)}</dd>
      </dl>
      {data.skips.length > 0 && (
        <>
          <h3 style={{ fontSize: 14, margin: '16px 0 8px' }}>
            <Trans>Why people got no letter</Trans>
          </h3>
          <dl className={css.facts}>
            {data.skips.map((skip) => (
              <FactLine key={skip.reason} name={skip.text} value={format.number(skip.count)} />
            ))}
          </dl>
        </>
      )}
    </Panel>
  )
}

function FactLine({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
