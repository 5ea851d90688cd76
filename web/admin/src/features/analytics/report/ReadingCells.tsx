import { Tooltip } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { IconArrowDown, IconArrowUp, IconEqual } from '@tabler/icons-react'

import { armColor } from '../../../components/arms'
import type { Comparison } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { pText, type Reading } from './readings'
import css from './Report.module.css'
import { Whisker } from './Whisker'

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
