import { SegmentedControl } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useState } from 'react'

import { AppLink } from '../../../components/AppLink'
import { ArmMark } from '../../../components/ArmMark'
import { Bars } from '../../../components/charts/Bars'
import { Panel } from '../../../components/Page'
import type { ReportOf } from '../../../lib/api/reportOf'
import type { Report, ReportChoice } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { peopleHref } from './figures'
import { clock, type HourRow, hourRows } from './hours'
import css from './Report.module.css'
import { type SeriesMetric, useSeriesMetrics } from './Series'

interface HoursProps {
  report: Report
  of: ReportOf
  choice: ReportChoice
}

const FIGURES = { targets: 'targets', opens: 'opened_person', clicks: 'clicked_person' } as const

/** At which hour of the day people respond: when the next letter is worth sending. */
export function Hours({ report, of, choice }: HoursProps) {
  const { t } = useLingui()
  const format = useFormat()
  const metrics = useSeriesMetrics(report)
  const [metric, setMetric] = useState<SeriesMetric>('opens')
  if (report.hours.length === 0) return null
  const arms = report.arms.filter((arm) => metric === 'targets' || !arm.is_control)
  const rows = hourRows(
    report.hours,
    arms.map((arm) => arm.key),
    metric,
  )
  const all = rows.reduce((sum, row) => sum + row.total, 0)
  const busiest = rows.reduce((best, row) => (row.total > best.total ? row : best), rows[0] as HourRow)
  const hour = (row: HourRow) => `${clock(row.hour)}–${clock(row.hour + 1)}`
  const name = metrics.find((one) => one.value === metric)?.label ?? ''
  return (
    <Panel
      title={t`By hour of the day`}
      hint={t`People who did it for the first time in this hour; the clock of ${format.timeZone}, all days together.`}
      actions={
        <SegmentedControl
          aria-label={t`What to show by hour`}
          data={metrics}
          value={metric}
          onChange={(value) => setMetric(value as SeriesMetric)}
        />
      }
    >
      {all === 0 ? (
        <Trans>Nobody yet.</Trans>
      ) : (
        <>
          <Bars
            height={112}
            label={t`${name} by hour of the day: most of them ${hour(busiest)}, ${format.number(busiest.total)} people; the table below has every hour`}
            points={rows.map((row) => ({
              key: String(row.hour),
              value: row.total,
              tip: `${hour(row)}: ${format.number(row.total)} (${format.percent(row.total / all)})`,
              ...(row.hour % 3 === 0 && { axis: clock(row.hour) }),
            }))}
          />
          <details className={css.asTable}>
            <summary>
              <Trans>As a table</Trans>
            </summary>
            <div className={css.scroller} tabIndex={0} role="group" aria-label={t`By hour of the day`}>
              <table className={css.table} aria-label={t`${name} by hour of the day`}>
                <thead>
                  <tr>
                    <th scope="col">
                      <Trans>Hour</Trans>
                    </th>
                    {arms.map((arm) => (
                      <th key={arm.key} scope="col">
                        <ArmMark arm={arm.is_control ? 'control' : arm.key} name={arm.name} />
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {rows
                    .filter((row) => row.total > 0)
                    .map((row) => (
                      <tr key={row.hour}>
                        <th scope="row">{hour(row)}</th>
                        {row.counts.map((count, place) => {
                          const arm = arms[place]?.key ?? ''
                          const who = { ...choice, figure: FIGURES[metric], arm, hour: row.hour }
                          return (
                            <td key={arm}>
                              {count > 0 ? (
                                <AppLink href={peopleHref(of, who)}>{format.number(count)}</AppLink>
                              ) : (
                                format.number(count)
                              )}
                            </td>
                          )
                        })}
                      </tr>
                    ))}
                </tbody>
              </table>
            </div>
            <p className={css.method}>
              <Plural value={all} one="# person in all." other="# people in all." />
            </p>
          </details>
        </>
      )}
    </Panel>
  )
}
