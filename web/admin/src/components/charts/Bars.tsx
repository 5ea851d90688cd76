import { Tooltip } from '@mantine/core'

import css from './Bars.module.css'

interface BarsProps {
  /** What the whole picture tells, for those who do not see it. */
  label: string
  /** `axis`: what stands under the bar, where it has room. */
  points: { key: string; value: number; tip: string; axis?: string }[]
  height?: number
}

/** Small bars, the tops untold: the shape of the last days beside a figure, of the hours of a day. */
export function Bars({ label, points, height = 40 }: BarsProps) {
  const top = Math.max(1, ...points.map((point) => point.value))
  const hasAxis = points.some((point) => point.axis !== undefined)
  return (
    <div className={css.bars} style={{ height }} role="img" aria-label={label} data-axis={hasAxis}>
      {points.map((point) => (
        <Tooltip key={point.key} label={point.tip} openDelay={0}>
          <span className={css.slot} data-axis={point.axis}>
            <i style={{ height: `${(point.value / top) * 100}%` }} data-zero={point.value === 0} />
          </span>
        </Tooltip>
      ))}
    </div>
  )
}
