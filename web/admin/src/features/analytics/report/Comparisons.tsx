import { Tooltip } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconArrowDown, IconArrowUp, IconEqual } from '@tabler/icons-react'

import { ArmMark } from '../../../components/ArmMark'
import { armColor } from '../../../components/arms'
import { Panel } from '../../../components/Page'
import type { Comparison, Metric, Report } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { moreAsIf, pText, type Reading, readingOf } from './readings'
import css from './Report.module.css'
import { axisOf, Whisker } from './Whisker'

export const METRICS: Metric[] = ['targets', 'revenue_per_person', 'opens', 'clicks']
/** A lift of more than this is drawn as one that goes on beyond the picture. */
export const LIFT_DRAWN_MAX = 3

/** Differences with their 95 per cent intervals, on one scale for each figure. */
export function Comparisons({ report }: { report: Report }) {
  const { t } = useLingui()
  const names = useMetricNames()
  const { complete, comparisons } = report
  const methods = [
    ...new Set(
      comparisons.flatMap((row) => [
        (!complete && row.always_valid?.method) || row.method,
        ...(row.with_history ? [row.with_history.method] : []),
      ]),
    ),
  ]
  return (
    <Panel
      title={t`Differences`}
      hint={
        complete
          ? t`The bar is the 95% interval: where it crosses zero, the difference may be chance.`
          : t`The bar is the 95% interval of the lift: where it crosses zero, the difference may be chance.`
      }
      flush
    >
      {!complete && (
        <p className={css.early}>
          <Trans>
            People still have time for the target action, so the intervals and p are those of a test that may
            be looked at every day: the ordinary one, looked at so often, finds a winner among equal letters.
            They are wider; revenue is judged at the end.
          </Trans>
        </p>
      )}
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
            const rows = comparisons.filter((comparison) => comparison.metric === metric)
            if (rows.length === 0) return null
            const axis = axisOfRows(rows, complete)
            return (
              <tbody key={metric}>
                <tr>
                  <th className={css.metric} colSpan={6} scope="rowgroup">
                    {names[metric]}
                  </th>
                </tr>
                {rows.map((row) => [
                  <ComparisonRow key={`${row.arm} ${row.against}`} row={row} axis={axis} report={report} />,
                  row.with_history && (
                    <HistoryRow key={`${row.arm} ${row.against} history`} row={row} axis={axis} report={report} />
                  ),
                ])}
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

export function useMetricNames(): Record<Metric, string> {
  const { t } = useLingui()
  return {
    targets: t`Did the target action`,
    revenue_per_person: t`Revenue per person`,
    opens: t`Opened by people`,
    clicks: t`Clicked by people`,
  }
}

function axisOfRows(rows: Comparison[], isComplete: boolean): [number, number] {
  const readings = rows.map((row) => readingOf(row, isComplete))
  const isLift = readings.some((reading) => reading.unit === 'lift')
  return axisOf(
    [
      ...readings.map(({ interval }) => (interval ? [interval.low, interval.high, interval.at] : [])),
      ...rows.map((row) => row.with_history?.interval ?? []),
    ],
    isLift ? LIFT_DRAWN_MAX : Infinity,
  )
}

interface RowProps {
  row: Comparison
  axis: [number, number]
  report: Report
}

function ComparisonRow({ row, axis, report }: RowProps) {
  const nameOf = (key: string) => report.arms.find((arm) => arm.key === key)?.name ?? ''
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
      <ReadingCells row={row} reading={readingOf(row, report.complete)} axis={axis} />
      <td data-align="right" data-hide="true" className="tnum">
        <Detectable lift={row.detectable_lift} />
      </td>
    </tr>
  )
}

function Detectable({ lift }: { lift: number | null }) {
  const format = useFormat()
  return lift === null ? NOTHING : format.percent(lift, 0)
}

/** The same revenue, freed of what people differed in before: narrower, but not what is judged by. */
function HistoryRow({ row, axis, report }: RowProps) {
  const format = useFormat()
  const history = row.with_history
  if (!history) return null
  const more = moreAsIf(history.narrower)
  const reading = readingOf({ ...row, ...history, always_valid: null }, report.complete)
  return (
    <tr data-history="true">
      <th scope="row">
        <Plural
          value={history.days}
          one="with what they spent in the # day before"
          other="with what they spent in the # days before"
        />
        {more !== null && more >= 0.01 && (
          <small>
            <Trans>as if there were {format.percent(more, 0)} more people</Trans>
          </small>
        )}
      </th>
      <ReadingCells row={{ ...row, difference: history.difference }} reading={reading} axis={axis} />
      <td data-hide="true" />
    </tr>
  )
}

interface ReadingCellsProps {
  row: Pick<Comparison, 'arm' | 'metric' | 'difference'>
  reading: Reading
  axis: [number, number]
}

/** The difference, its interval as a bar, the lift and p. */
export function ReadingCells({ row, reading, axis }: ReadingCellsProps) {
  const { t } = useLingui()
  const format = useFormat()
  const { interval, unit, lift, liftInterval, pValue, significant, isOpen } = reading
  const isMoney = row.metric === 'revenue_per_person'
  const difference = (value: number) =>
    isMoney ? format.signedMoney(value) : t`${format.signed(Math.round(value * 10_000) / 100)} pp`
  const show = unit === 'lift' ? (value: number) => format.change(value) : difference
  const between = (low: number, high: number | null, said: (value: number) => string) =>
    high === null ? t`from ${said(low)} up` : t`from ${said(low)} to ${said(high)}`
  const Icon = !significant ? IconEqual : row.difference > 0 ? IconArrowUp : IconArrowDown
  const color = !significant ? 'var(--text-dim)' : row.difference > 0 ? 'var(--good)' : 'var(--bad)'
  const told = isOpen
    ? t`judged when the window is over`
    : !significant
      ? t`no significant difference`
      : row.difference > 0
        ? t`significantly higher`
        : t`significantly lower`
  const spread = interval && between(interval.low, interval.high, show)
  return (
    <>
      <td data-align="right" className="tnum">
        <Tooltip label={[told, spread].filter(Boolean).join(', ')}>
          <span style={{ display: 'inline-flex', alignItems: 'center', gap: 4, color }}>
            {!isOpen && <Icon size={14} role="img" aria-label={told} />}
            {difference(row.difference)}
          </span>
        </Tooltip>
      </td>
      <td className={css.whisker}>
        {interval && spread && (
          <Whisker
            axis={axis}
            {...interval}
            color={isOpen ? 'var(--text-dim)' : `var(${armColor(row.arm)})`}
            label={spread}
          />
        )}
      </td>
      <td data-align="right" data-hide="true" className="tnum">
        {lift === null ? (
          NOTHING
        ) : (
          <Tooltip
            disabled={!liftInterval}
            label={liftInterval ? between(liftInterval.low, liftInterval.high, (value) => format.change(value)) : ''}
          >
            <span>{format.change(lift)}</span>
          </Tooltip>
        )}
      </td>
      <td data-align="right" data-hide="true" className="tnum">
        {pValue === null ? NOTHING : pText(pValue, format.locale)}
      </td>
    </>
  )
}
