import { DateTimePicker, type DateTimePickerProps } from '@mantine/dates'
import { useLingui } from '@lingui/react/macro'

import '@mantine/dates/styles.layer.css'

import { useFormat } from '../lib/format/useFormat'
import { dayOf, toUtc, toWall } from '../lib/format/zones'
import { useCalendarWords } from './calendarWords'

interface MomentFieldProps
  extends Omit<DateTimePickerProps, 'value' | 'onChange' | 'minDate' | 'maxDate' | 'defaultValue'> {
  /** A moment in UTC, or null. */
  value: string | null
  onChange: (moment: string | null) => void
  /** The earliest and the latest day, as moments in UTC. */
  min?: string
  max?: string
}

/** A day and a time of it, picked and shown in the zone of the workspace. */
export function MomentField({ value, onChange, min, max, ...rest }: MomentFieldProps) {
  const { t } = useLingui()
  const { timeZone } = useFormat()
  const words = useCalendarWords()
  return (
    <DateTimePicker
      {...words}
      valueFormat="D MMMM YYYY, HH:mm"
      submitButtonProps={{ 'aria-label': t`Apply` }}
      timePickerProps={{ hoursInputLabel: t`Hours`, minutesInputLabel: t`Minutes` }}
      {...(min && { minDate: dayOf(min, timeZone) })}
      {...(max && { maxDate: dayOf(max, timeZone) })}
      {...rest}
      value={value ? toWall(value, timeZone) : null}
      onChange={(wall) => onChange(wall ? toUtc(wall, timeZone) : null)}
    />
  )
}

interface WallFieldProps
  extends Omit<DateTimePickerProps, 'value' | 'onChange' | 'minDate' | 'maxDate' | 'defaultValue'> {
  /** A time without a zone, 'YYYY-MM-DDTHH:MM', or null. */
  value: string | null
  onChange: (wall: string | null) => void
}

/** A day and a time of it as a clock on the wall shows them, wherever that wall is. */
export function WallField({ value, onChange, ...rest }: WallFieldProps) {
  const { t } = useLingui()
  const words = useCalendarWords()
  return (
    <DateTimePicker
      {...words}
      valueFormat="D MMMM YYYY, HH:mm"
      submitButtonProps={{ 'aria-label': t`Apply` }}
      timePickerProps={{ hoursInputLabel: t`Hours`, minutesInputLabel: t`Minutes` }}
      {...rest}
      value={value ? `${value.replace('T', ' ')}:00` : null}
      onChange={(wall) => onChange(wall ? wall.slice(0, 16).replace(' ', 'T') : null)}
    />
  )
}
