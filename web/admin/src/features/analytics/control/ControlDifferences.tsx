import { Plural, Trans, useLingui } from '@lingui/react/macro'

import { Panel } from '../../../components/Page'
import type { Comparison, GlobalControlReport } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { LIFT_DRAWN_MAX, ReadingCells } from '../report/Comparisons'
import { moreAsIf, readingOf } from '../report/readings'
import report from '../report/Report.module.css'
import { axisOf } from '../report/Whisker'

/** Those who get mailings against those who are kept out, with 95 per cent intervals. */
export function ControlDifferences({ data }: { data: GlobalControlReport }) {
  const { t } = useLingui()
  const methods = [
    ...new Set(
      data.comparisons.flatMap((row) => [
        (!data.complete && row.always_valid?.method) || row.method,
        ...(row.with_history ? [row.with_history.method] : []),
      ]),
    ),
  ]
  return (
    <Panel
      title={t`Differences`}
      hint={t`Of those who get mailings, against those who are kept out. The bar is the 95% interval: where it crosses zero, the difference may be chance.`}
      flush
    >
      {!data.complete && (
        <p className={report.early}>
          <Trans>
            While the group is in force, the share of buyers is judged by a test that may be looked at every day;
            revenue is judged when the time of the group is over.
          </Trans>
        </p>
      )}
      <div className={report.scroller} tabIndex={0} role="group" aria-label={t`Differences`}>
        <table className={report.plot} aria-label={t`Differences`}>
          <thead>
            <tr>
              <th scope="col">
                <Trans>Figure</Trans>
              </th>
              <th scope="col">
                <Trans>Difference</Trans>
              </th>
              <th scope="col" className={report.whisker}>
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
          <tbody>
            {data.comparisons.map((row) => (
              <DifferenceRows key={row.metric} row={row} isComplete={data.complete} />
            ))}
          </tbody>
        </table>
      </div>
      <div className={report.method}>
        <Trans>Method: {methods.join('; ')}.</Trans>
      </div>
    </Panel>
  )
}

function DifferenceRows({ row, isComplete }: { row: Comparison; isComplete: boolean }) {
  const { t } = useLingui()
  const format = useFormat()
  const reading = readingOf(row, isComplete)
  const history = row.with_history
  const more = history && moreAsIf(history.narrower)
  const axis = axisOf(
    [
      reading.interval ? [reading.interval.low, reading.interval.high, reading.interval.at] : [],
      history?.interval ?? [],
    ],
    reading.unit === 'lift' ? LIFT_DRAWN_MAX : Infinity,
  )
  const drawn = { ...row, arm: 'A' }
  return (
    <>
      <tr>
        <th scope="row">{row.metric === 'targets' ? t`Share of buyers` : t`Revenue per person`}</th>
        <ReadingCells row={drawn} reading={reading} axis={axis} />
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
            row={{ ...drawn, difference: history.difference }}
            reading={readingOf({ ...row, ...history, always_valid: null }, isComplete)}
            axis={axis}
          />
          <td data-hide="true" />
        </tr>
      )}
    </>
  )
}
