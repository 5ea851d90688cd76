import { Skeleton } from '@mantine/core'
import { lazy, Suspense } from 'react'

import type { LineChartProps } from './EChart'

// The chart library is heavier than most screens, so it comes after them.
const EChart = lazy(() => import('./EChart'))

export function LineChart(props: LineChartProps) {
  return (
    <Suspense fallback={<Skeleton height={props.height ?? 220} />}>
      <EChart {...props} />
    </Suspense>
  )
}
