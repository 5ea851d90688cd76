import { Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { LineChart } from '../../components/charts/LineChart'
import { useTimeAxis } from '../../components/charts/useTimeAxis'
import { Panel } from '../../components/Page'
import { Empty } from '../../components/States'
import { segmentHistoryQuery } from '../../lib/api/endpoints/segments'
import type { Segment } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'

/** The size at each recount, as a line. */
export function SizeHistory({ segment }: { segment: Segment }) {
  const { t } = useLingui()
  const format = useFormat()
  const timeAxis = useTimeAxis()
  const { data } = useQuery(segmentHistoryQuery(segment.id))
  return (
    <Panel title={t`Size over time`}>
      {!data ? (
        <Skeleton height={180} />
      ) : data.length < 2 ? (
        <Empty title={t`No history yet`}>
          <Trans>The size is noted at each recount.</Trans>
        </Empty>
      ) : (
        <LineChart
          label={t`Size of the segment from ${format.number(data[0]?.size)} to ${format.number(data.at(-1)?.size)}`}
          height={180}
          wholeNumbers
          lines={[
            {
              name: segment.name,
              color: '--accent',
              area: true,
              step: true,
              points: data.map((point) => [point.at, point.size]),
            },
          ]}
          formatValue={format.number}
          {...timeAxis}
        />
      )}
    </Panel>
  )
}
