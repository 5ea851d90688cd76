import { Tooltip } from '@mantine/core'

import css from './Bars.module.css'

interface BarsProps {
  /** What the whole picture tells, for those who do not see it. */
  label: string
  points: { key: string; value: number; tip: string }[]
  height?: number
}

/** Small bars without axes: the shape of the last days beside a figure. */
export function Bars({ label, points, height = 40 }: BarsProps) {
  const top = Math.max(1, ...points.map((point) => point.value))
  return (
    <div className={css.bars} style={{ height }} role="img" aria-label={label}>
      {points.map((point) => (
        <Tooltip key={point.key} label={point.tip} openDelay={0}>
          <span className={css.slot}>
            <i style={{ height: `${(point.value / top) * 100}%` }} data-zero={point.value === 0} />
          </span>
        </Tooltip>
      ))}
    </div>
  )
}
