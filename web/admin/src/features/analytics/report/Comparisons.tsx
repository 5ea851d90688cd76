import { Tooltip } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconArrowDown, IconArrowUp, IconEqual } from '@tabler/icons-react'

import { ArmMark } from '../../../components/ArmMark'
import { armColor } from '../../../components/arms'
import { Panel } from '../../../components/Page'
import type { Comparison, Metric, Report } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Report.module.css'
import { axisOf, Whisker } from './Whisker'

const METRICS: Metric[] = ['targets', 'revenue_per_person', 'opens', 'clicks']

/** Differences with their 95 per cent intervals, on one scale for each figure. */
export function Comparisons({ report }: { report: Report }) {
  const { t } = useLingui()
  const names: Record<Metric, string> = {
    targets: t`Did the target action`,
    revenue_per_person: t`Revenue per person`,
    opens: t`Opened by people`,
    clicks: t`Clicked by people`,
  }
  const methods = [...new Set(report.comparisons.map((comparison) => comparison.method))]
  return (
    <Panel
      title={t`Differences`}
      hint={t`The bar is the 95% interval: where it crosses zero, the difference may be chance.`}
      flush
    >
      <div className={css.scroller}>
        <table className={css.plot} aria-label={t`Differences`}>
          <thead>
            <tr>
              <th scope="col">
                <Trans>Who against whom</Trans>
              </th>
              <th scope="col">
                <Trans>Difference</Trans>
              </th>
              <th scope="col" className={css.whisker}>
                <span className="visually-hidden">
                  <Trans>Interval</Trans>
                </span>
              </th>
              <th scope="col" data-hide="true">
                <Trans>Lift</Trans>
              </th>
              <th scope="col" data-hide="true">
                p
              </th>
              <th scope="col" data-hide="true">
                <Trans>Would notice from</Trans>
              </th>
            </tr>
          </thead>
          {METRICS.map((metric) => {
            const rows = report.comparisons.filter((comparison) => comparison.metric === metric)
            if (rows.length === 0) return null
            const axis = axisOf(rows.map((row) => row.interval))
            return (
              <tbody key={metric}>
                <tr>
                  <th className={css.metric} colSpan={6} scope="rowgroup">
                    {names[metric]}
                  </th>
                </tr>
                {rows.map((row) => (
                  <ComparisonRow
                    key={`${row.arm}-${row.against}`}
                    row={row}
                    axis={axis}
                    report={report}
                  />
                ))}
              </tbody>
            )
          })}
        </table>
      </div>
      <div className={css.method}>
        <Trans>Method: {methods.join('; ')}.</Trans>
      </div>
    </Panel>
  )
}

interface ComparisonRowProps {
  row: Comparison
  axis: [number, number]
  report: Report
}

function ComparisonRow({ row, axis, report }: ComparisonRowProps) {
  const { t } = useLingui()
  const format = useFormat()
  const nameOf = (key: string) => report.arms.find((arm) => arm.key === key)?.name ?? ''
  const isMoney = row.metric === 'revenue_per_person'
  const points = (value: number) => t`${format.signed(Math.round(value * 10_000) / 100)} pp`
  const show = (value: number) => (isMoney ? format.signedMoney(value) : points(value))
  const [low = 0, high = 0] = row.interval
  const Icon = !row.significant ? IconEqual : row.difference > 0 ? IconArrowUp : IconArrowDown
  const color = !row.significant ? 'var(--text-dim)' : row.difference > 0 ? 'var(--good)' : 'var(--bad)'
  const told = !row.significant
    ? t`no significant difference`
    : row.difference > 0
      ? t`significantly higher`
      : t`significantly lower`
  const interval = t`from ${show(low)} to ${show(high)}`
  return (
    <tr>
      <th scope="row">
        <ArmMark arm={row.arm} name={nameOf(row.arm)} />
        <span style={{ color: 'var(--text-dim)' }}>
          {' '}
          {row.against === 'control' ? (
            <Trans>against the control group</Trans>
          ) : (
            <Trans>against {row.against}</Trans>
          )}
        </span>
      </th>
      <td data-align="right" className="tnum">
        <Tooltip label={`${told}, ${interval}`}>
          <span style={{ display: 'inline-flex', alignItems: 'center', gap: 4, color }}>
            <Icon size={14} role="img" aria-label={told} />
            {show(row.difference)}
          </span>
        </Tooltip>
      </td>
      <td className={css.whisker}>
        <Whisker
          axis={axis}
          low={low}
          high={high}
          at={row.difference}
          color={`var(${armColor(row.arm)})`}
          label={interval}
        />
      </td>
      <td data-align="right" data-hide="true" className="tnum">
        {row.lift === null ? (
          NOTHING
        ) : (
          <Tooltip
            disabled={!row.lift_interval}
            label={
              row.lift_interval
                ? t`from ${format.change(row.lift_interval[0] ?? null)} to ${format.change(row.lift_interval[1] ?? null)}`
                : ''
            }
          >
            <span>{format.change(row.lift)}</span>
          </Tooltip>
        )}
      </td>
      <td data-align="right" data-hide="true" className="tnum">
        {row.p_value < 0.001 ? `< ${pValue(0.001, format.locale)}` : pValue(row.p_value, format.locale)}
      </td>
      <td data-align="right" data-hide="true" className="tnum">
        {row.detectable_lift === null ? NOTHING : format.percent(row.detectable_lift, 0)}
      </td>
    </tr>
  )
}

const pValue = (value: number, locale: string) =>
  new Intl.NumberFormat(locale, { minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(value)
