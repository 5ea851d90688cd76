import { Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import type { WarmupProgress } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Relays.module.css'

/** Where a warm-up is: the steps of its plan, and how much of today's letters went. */
export function WarmupView({ warmup }: { warmup: WarmupProgress }) {
  const { t } = useLingui()
  const format = useFormat()
  const most = Math.max(...warmup.steps)
  if (warmup.today === null) {
    return (
      <p className={css.note}>
        <Trans>The warm-up is over: there is no limit for a day any more.</Trans>
      </p>
    )
  }
  const number = warmup.step + 1
  return (
    <Stack gap={8}>
      <div className="tnum" style={{ fontSize: 13 }}>
        <Trans>
          Warm-up, step {format.number(number)} of {format.number(warmup.steps.length)}: today{' '}
          <strong>{format.number(warmup.taken_today)}</strong> of {format.number(warmup.today)} letters
        </Trans>
      </div>
      <div
        className={css.track}
        role="progressbar"
        aria-label={t`Letters of today's warm-up`}
        aria-valuemin={0}
        aria-valuemax={warmup.today}
        aria-valuenow={warmup.taken_today}
      >
        <span style={{ width: `${Math.min(100, (warmup.taken_today / warmup.today) * 100)}%` }} />
      </div>
      <div className={css.bars} role="img" aria-label={t`Letters a day by step, up to ${format.number(most)}`}>
        {warmup.steps.map((letters, index) => (
          <span
            // eslint-disable-next-line react/no-array-index-key -- a step is its place in the plan
            key={index}
            title={format.number(letters)}
            style={{ height: `${Math.max(4, Math.sqrt(letters / most) * 100)}%` }}
            data-done={index < warmup.step || undefined}
            data-now={index === warmup.step || undefined}
          />
        ))}
      </div>
      <p className={css.note}>
        <Trans>
          The next step comes after a day on which at least half of the letters went. Over the allowance
          letters wait for the next day.
        </Trans>
      </p>
    </Stack>
  )
}
