import { Stack, Switch } from '@mantine/core'
import { TimePicker } from '@mantine/dates'
import { Trans, useLingui } from '@lingui/react/macro'

import '@mantine/dates/styles.layer.css'

import { Panel } from '../../../components/Page'
import type { QuietSpan } from '../../../lib/api/types'
import css from './Policy.module.css'
import type { PolicyPartProps } from './SendingPolicySettings'

const DEFAULTS = {
  quiet_weekdays: { from: '22:00', until: '09:00' },
  quiet_weekends: { from: '21:00', until: '11:00' },
}

export function QuietPanel({ policy, change, isReadOnly, problem, timezone }: PolicyPartProps & { timezone: string }) {
  const { t } = useLingui()
  const line = (field: 'quiet_weekdays' | 'quiet_weekends', label: string) => (
    <SpanLine
      label={label}
      span={policy[field]}
      error={problem(field)}
      isReadOnly={isReadOnly}
      onChange={(span) => change({ [field]: span })}
      fresh={DEFAULTS[field]}
    />
  )
  return (
    <Panel
      title={t`Quiet hours`}
      hint={t`A message that falls into them waits until they end. The person's own time zone counts; without one, ${timezone}.`}
    >
      <Stack gap={12}>
        {line('quiet_weekdays', t`On weekdays`)}
        {line('quiet_weekends', t`On weekends`)}
        {(policy.quiet_weekdays ?? policy.quiet_weekends) && (
          <span className={css.dim}>
            <Trans>
              Each day goes by its own line: how late it is quiet on Saturday morning, the line of weekends
              says.
            </Trans>
          </span>
        )}
      </Stack>
    </Panel>
  )
}

interface SpanLineProps {
  label: string
  span: QuietSpan | null
  fresh: QuietSpan
  error: string | undefined
  isReadOnly: boolean
  onChange: (span: QuietSpan | null) => void
}

function SpanLine({ label, span, fresh, error, isReadOnly, onChange }: SpanLineProps) {
  const { t } = useLingui()
  return (
    <div className={css.quiet}>
      <Switch
        label={label}
        disabled={isReadOnly}
        checked={span !== null}
        onChange={(event) => onChange(event.currentTarget.checked ? fresh : null)}
      />
      {span && (
        <div className={css.limit}>
          <span>
            <Trans context="hours">from</Trans>
          </span>
          <TimePicker
            w={84}
            hoursInputLabel={t`${label}: quiet from, hours`}
            minutesInputLabel={t`${label}: quiet from, minutes`}
            disabled={isReadOnly}
            value={span.from}
            error={error}
            onChange={(time) => time && onChange({ ...span, from: time.slice(0, 5) })}
          />
          <span>
            <Trans context="hours">until</Trans>
          </span>
          <TimePicker
            w={84}
            hoursInputLabel={t`${label}: quiet until, hours`}
            minutesInputLabel={t`${label}: quiet until, minutes`}
            disabled={isReadOnly}
            value={span.until}
            onChange={(time) => time && onChange({ ...span, until: time.slice(0, 5) })}
          />
        </div>
      )}
    </div>
  )
}
