import { SegmentedControl } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { useState } from 'react'

import { armColor, useArmName } from '../../../components/arms'
import { LineChart } from '../../../components/charts/LineChart'
import { useTimeAxis } from '../../../components/charts/useTimeAxis'
import { Panel } from '../../../components/Page'
import type { Report } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'

export type SeriesMetric = 'targets' | 'opens' | 'clicks'

/** What may be shown over time: the target action where there is one. */
export function useSeriesMetrics(report: Report): { value: SeriesMetric; label: string }[] {
  const { t } = useLingui()
  return [
    ...(report.campaign.goal ? [{ value: 'targets' as const, label: t`Target action` }] : []),
    { value: 'opens', label: t`Openings` },
    { value: 'clicks', label: t`Clicks` },
  ]
}

export function Series({ report }: { report: Report }) {
  const { t } = useLingui()
  const format = useFormat()
  const armName = useArmName()
  const timeAxis = useTimeAxis()
  const metrics = useSeriesMetrics(report)
  const [metric, setMetric] = useState<SeriesMetric>(report.campaign.goal ? 'targets' : 'opens')
  if (report.series.length === 0) return null
  const arms = report.arms.filter((arm) => metric === 'targets' || !arm.is_control)
  const lines = arms.map((arm) => ({
    name: armName(arm.key, arm.name),
    color: armColor(arm.key),
    // Groups differ in size, so people per hundred are compared, not people.
    points: report.series
      .filter((point) => point.arm === arm.key)
      .map((point): [string, number] => [
        point.at,
        arm.assigned ? point[metric] / (metric === 'targets' ? arm.assigned : arm.delivered || 1) : 0,
      ]),
  }))
  return (
    <Panel
      title={t`Over time`}
      hint={
        metric === 'targets'
          ? t`Share of the group that has done the target action by then.`
          : t`Share of those the letter reached.`
      }
      actions={
        <SegmentedControl
          aria-label={t`What to show`}
          data={metrics}
          value={metric}
          onChange={(value) => setMetric(value as SeriesMetric)}
        />
      }
    >
      <LineChart
        label={t`Shares of the groups over time; the table of groups above holds the final figures`}
        lines={lines}
        height={240}
        formatValue={(value) => format.percent(value, value < 0.1 ? 1 : 0)}
        {...timeAxis}
      />
    </Panel>
  )
}
