import { Plural, Trans, useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'

import { Panel } from '../../../components/Page'
import type { Comparison } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { ReadingCells } from './ReadingCells'
import { moreAsIf, readingOf } from './readings'
import css from './Report.module.css'
import { axisOf } from './Whisker'

/** A lift of more than this is drawn as one that goes on beyond the picture. */
export const LIFT_DRAWN_MAX = 3

/** Comparisons that are drawn on one scale. */
export interface DifferenceGroup {
  key: string
  title?: string
  rows: { comparison: Comparison; label: ReactNode }[]
}

interface DifferenceTableProps {
  groups: DifferenceGroup[]
  isComplete: boolean
  hint: string
  /** By what is judged while it is not complete. */
  early: ReactNode
}

/** Differences with their 95 per cent intervals, the tests that they rest on below. */
export function DifferenceTable({ groups, isComplete, hint, early }: DifferenceTableProps) {
  const { t } = useLingui()
  const methods = [
    ...new Set(
      groups
        .flatMap(({ rows }) => rows)
        .flatMap(({ comparison: row }) => [
          (!isComplete && row.always_valid?.method) || row.method,
          ...(row.with_history ? [row.with_history.method] : []),
        ]),
    ),
  ]
  return (
    <Panel title={t`Differences`} hint={hint} flush>
      {!isComplete && <p className={css.early}>{early}</p>}
      <div className={css.scroller} tabIndex={0} role="group" aria-label={t`Differences`}>
        <table className={css.plot} aria-label={t`Differences`}>
          <thead>
            <tr>
              <th scope="col">
                {groups.some(({ title }) => title) ? <Trans>Who against whom</Trans> : <Trans>Figure</Trans>}
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
          {groups.map(({ key, title, rows }) => {
            const axis = axisOfRows(
              rows.map(({ comparison }) => comparison),
              isComplete,
            )
            return (
              <tbody key={key}>
                {title && (
                  <tr>
                    <th className={css.metric} colSpan={6} scope="rowgroup">
                      {title}
                    </th>
                  </tr>
                )}
                {rows.map(({ comparison, label }) => (
                  <DifferenceRows
                    key={`${comparison.arm} ${comparison.against}`}
                    row={comparison}
                    label={label}
                    axis={axis}
                    isComplete={isComplete}
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

interface DifferenceRowsProps {
  row: Comparison
  label: ReactNode
  axis: [number, number]
  isComplete: boolean
}

/** A comparison, and below it the same revenue freed of what people differed in before: narrower,
 * but not what is judged by. */
function DifferenceRows({ row, label, axis, isComplete }: DifferenceRowsProps) {
  const format = useFormat()
  const history = row.with_history
  const more = history && moreAsIf(history.narrower)
  return (
    <>
      <tr>
        <th scope="row">{label}</th>
        <ReadingCells row={row} reading={readingOf(row, isComplete)} axis={axis} />
        <td data-align="right" data-hide="true" className="tnum">
          {row.detectable_lift === null ? NOTHING : format.percent(row.detectable_lift, 0)}
        </td>
      </tr>
      {history && (
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
          <ReadingCells
            row={{ ...row, difference: history.difference }}
            reading={readingOf({ ...row, ...history, always_valid: null }, isComplete)}
            axis={axis}
          />
          <td data-hide="true" />
        </tr>
      )}
    </>
  )
}
