import { TimePicker, type TimePickerProps } from '@mantine/dates'
import { useLingui } from '@lingui/react/macro'

import '@mantine/dates/styles.layer.css'

interface TimeFieldProps extends Omit<TimePickerProps, 'value' | 'onChange' | 'defaultValue' | 'label'> {
  label: string
  /** Hours and minutes, 'HH:MM'. */
  value: string
  onChange: (time: string) => void
}

/** A time of the day by a clock of 24 hours, whatever clock the browser likes. */
export function TimeField({ label, value, onChange, ...rest }: TimeFieldProps) {
  const { t } = useLingui()
  return (
    <TimePicker
      label={label}
      hoursInputLabel={t`${label}: hours`}
      minutesInputLabel={t`${label}: minutes`}
      {...rest}
      value={value}
      // Half a time is none yet; the old one stands until the new one is whole.
      onChange={(time) => time && time.slice(0, 5) !== value && onChange(time.slice(0, 5))}
    />
  )
}
