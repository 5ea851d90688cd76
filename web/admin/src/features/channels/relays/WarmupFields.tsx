import { NumberInput, SegmentedControl, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import type { WarmupInput } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Relays.module.css'

export interface WarmupDraft {
  mode: 'growth' | 'list'
  first: number
  factor: number
  last: number
  days: string
}

export const NEW_WARMUP: WarmupDraft = { mode: 'growth', first: 200, factor: 1.5, last: 50_000, days: '' }

export function draftOf(plan: WarmupInput): WarmupDraft {
  const days = plan.days ?? []
  return {
    mode: days.length ? 'list' : 'growth',
    first: plan.first ?? NEW_WARMUP.first,
    factor: plan.factor ?? NEW_WARMUP.factor,
    last: plan.last ?? NEW_WARMUP.last,
    days: days.join(', '),
  }
}

/** The plan that was entered; null while the list of days has no number in it. */
export function planOf(draft: WarmupDraft): WarmupInput | null {
  if (draft.mode === 'growth') return { first: draft.first, factor: draft.factor, last: draft.last }
  const days = draft.days
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(Number)
  return days.length && days.every((one) => Number.isInteger(one) && one > 0) ? { days } : null
}

/** How many days on which letters go a growing plan takes. */
export function lengthOf(draft: WarmupDraft): number {
  if (draft.mode === 'list') return planOf(draft)?.days?.length ?? 0
  let [letters, days] = [draft.first, 1]
  while (letters < draft.last && days < 120) {
    letters *= draft.factor
    days += 1
  }
  return days
}

export function WarmupFields({ value, onChange }: { value: WarmupDraft; onChange: (next: WarmupDraft) => void }) {
  const { t } = useLingui()
  const format = useFormat()
  const set = (change: Partial<WarmupDraft>) => onChange({ ...value, ...change })
  const days = lengthOf(value)
  return (
    <Stack gap={8}>
      <SegmentedControl
        aria-label={t`How the warm-up grows`}
        size="xs"
        value={value.mode}
        onChange={(mode) => set({ mode: mode as WarmupDraft['mode'] })}
        data={[
          { value: 'growth', label: t`Grows by itself` },
          { value: 'list', label: t`Own list of days` },
        ]}
      />
      {value.mode === 'growth' ? (
        <div className={css.columns}>
          <NumberInput label={t`Letters on the first day`} min={1} max={1_000_000} allowDecimal={false} value={value.first} onChange={(first) => set({ first: Number(first) || 1 })} />
          <NumberInput label={t`Times more each day`} min={1.05} max={3} step={0.1} decimalScale={2} value={value.factor} onChange={(factor) => set({ factor: Number(factor) || 1.5 })} />
          <NumberInput label={t`Without a limit from`} min={1} max={10_000_000} allowDecimal={false} thousandSeparator=" " value={value.last} onChange={(last) => set({ last: Number(last) || 1 })} />
        </div>
      ) : (
        <TextInput
          label={t`Letters a day, one number after another`}
          placeholder="200, 500, 1000, 2500"
          value={value.days}
          error={value.days && !planOf(value) ? t`Enter whole numbers` : null}
          onChange={(event) => set({ days: event.currentTarget.value })}
        />
      )}
      {days > 0 && (
        <p className={css.note}>
          <Trans>Days with letters until there is no limit: {format.number(days)}.</Trans>
        </p>
      )}
    </Stack>
  )
}
