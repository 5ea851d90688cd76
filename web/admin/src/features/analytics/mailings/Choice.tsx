import { Group, SegmentedControl, Select } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

import { DateField } from '../../../components/DateField'
import { SegmentChoice } from '../report/SegmentChoice'
import type { Asked, MailingsSearch } from './asked'
import { MODEL_NAMES, MODELS, TOUCH_NAMES, TOUCHES, WINDOW_DAYS } from './attribution'
import css from './Mailings.module.css'
import { YearOnYear } from './YearOnYear'

export type Change = Partial<Record<keyof MailingsSearch, string | undefined>>

interface ChoiceProps {
  asked: Asked
  onChange: (change: Change) => void
}

/** Which days, against which, whose, and to which letter an order belongs. */
export function Choice({ asked: { period, span, today, against, rule, segment }, onChange }: ChoiceProps) {
  const { t, i18n } = useLingui()
  const days = [...new Set([...WINDOW_DAYS, rule.days])].sort((a, b) => a - b)
  return (
    <div className={css.choice}>
      <Group gap={8} align="end">
        <SegmentedControl
          aria-label={t`Period`}
          value={period}
          onChange={(value) =>
            onChange(
              value === 'dates'
                ? { period: value, since: span.since, until: span.until }
                : { period: value, since: undefined, until: undefined },
            )
          }
          data={[
            { value: 'month', label: t`This month` },
            { value: 'last', label: t`Last month` },
            { value: 'year', label: t`This year` },
            { value: 'dates', label: t`Dates` },
          ]}
        />
        {period === 'dates' && (
          <>
            <DateField
              aria-label={t`From`}
              value={span.since}
              max={span.until}
              onChange={(since) => since && onChange({ since })}
            />
            <DateField
              aria-label={t`To`}
              value={span.until}
              min={span.since}
              max={today}
              onChange={(until) => until && onChange({ until })}
            />
          </>
        )}
        <Select
          aria-label={t`Against`}
          w={264}
          allowDeselect={false}
          value={against}
          onChange={(value) => value && onChange({ against: value })}
          data={[
            { value: 'none', label: t`Against nothing` },
            { value: 'before', label: t`Against the period before` },
            { value: 'year', label: t`Against a year ago` },
          ]}
        />
        <SegmentChoice segment={segment} onChange={(value) => onChange({ segment: value })} />
        <YearOnYear today={today} onChoose={(span) => onChange({ period: 'dates', against: 'year', ...span })} />
      </Group>
      <Group gap={8} align="end">
        <Select
          label={t`An order belongs to`}
          w={192}
          allowDeselect={false}
          value={rule.model}
          onChange={(model) => model && onChange({ model })}
          data={MODELS.map((value) => ({ value, label: i18n._(MODEL_NAMES[value]) }))}
        />
        <Select
          label={t`A touch is`}
          w={136}
          allowDeselect={false}
          value={rule.touch}
          onChange={(touch) => touch && onChange({ touch })}
          data={TOUCHES.map((value) => ({ value, label: i18n._(TOUCH_NAMES[value]) }))}
        />
        <Select
          label={t`Days before the order`}
          w={168}
          allowDeselect={false}
          value={String(rule.days)}
          onChange={(value) => value && onChange({ days: value })}
          data={days.map(String)}
        />
      </Group>
    </div>
  )
}
