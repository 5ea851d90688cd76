import { ActionIcon, CloseButton, Group, Popover, TextInput, type TextInputProps } from '@mantine/core'
import { DatePicker } from '@mantine/dates'
import { useLingui } from '@lingui/react/macro'
import { IconCalendar } from '@tabler/icons-react'
import { type KeyboardEvent, useState } from 'react'

import '@mantine/dates/styles.layer.css'

import { parseDay, showDay } from '../lib/format/days'
import { useFormat } from '../lib/format/useFormat'
import { dayOf } from '../lib/format/zones'
import { useNow } from '../lib/hooks/useNow'
import { useCalendarWords } from './calendarWords'

interface DateFieldProps
  extends Omit<TextInputProps, 'value' | 'onChange' | 'type' | 'min' | 'max' | 'rightSection' | 'defaultValue'> {
  /** 'YYYY-MM-DD', or null while there is no day. */
  value: string | null
  onChange: (day: string | null) => void
  /** The first and the last day that may be chosen, 'YYYY-MM-DD'. */
  min?: string | null | undefined
  max?: string | null | undefined
  /** Offers a button that empties the field. */
  clearable?: boolean
}

/**
 * A day of the calendar: typed in the way of the reader's language, or picked. A text that names no
 * day, or one out of bounds, stays in the field with the reason beside it and counts as no day.
 */
export function DateField({ value, onChange, min, max, clearable, error, ...rest }: DateFieldProps) {
  const { t, i18n } = useLingui()
  const { timeZone } = useFormat()
  const words = useCalendarWords()
  const lang = i18n.locale === 'ru' ? 'ru' : 'en'
  /** What is being typed; null while the field shows its value. */
  const [typed, setTyped] = useState<string | null>(null)
  const [isFocused, setFocused] = useState(false)
  const [isOpen, setOpen] = useState(false)
  /** Opened from the keyboard or by the button the calendar takes the focus; by a click it does not. */
  const [isInside, setInside] = useState(false)
  const [month, setMonth] = useState<string | undefined>(undefined)

  const isWithin = (day: string) => (!min || day >= min.slice(0, 10)) && (!max || day <= max.slice(0, 10))
  const text = typed !== null && (isFocused || value === null) ? typed : value ? showDay(value, lang) : ''
  const today = dayOf(useNow().toISOString(), timeZone)
  const example = showDay(today, lang)

  const trouble = (): string | null => {
    if (isFocused || text.trim() === '' || value !== null) return null
    const day = parseDay(text, true)
    if (day === null) return t`Enter a date like this: ${example}`
    if (min && day < min.slice(0, 10)) return t`Not before ${showDay(min, lang)}`
    return max && day > max.slice(0, 10) ? t`Not after ${showDay(max, lang)}` : null
  }
  const take = (day: string | null) => {
    if (day !== value) onChange(day)
    if (day) setMonth(day)
  }
  const type = (next: string) => {
    setTyped(next)
    const day = parseDay(next)
    if (next.trim() === '') take(null)
    else if (day && isWithin(day)) take(day)
  }
  const settle = (isFocused: boolean) => {
    setFocused(isFocused)
    if (typed === null) return
    const day = parseDay(typed, true)
    if (typed.trim() === '') setTyped(null)
    else if (day && isWithin(day)) {
      take(day)
      setTyped(null)
    } else take(null)
  }
  const open = (inside: boolean) => {
    if (rest.disabled || rest.readOnly) return
    setMonth((value ?? (max && today > max ? max : min && today < min ? min : today)).slice(0, 10))
    setInside(inside)
    setOpen(true)
  }
  const pick = (day: string | null) => {
    setTyped(null)
    setOpen(false)
    take(day)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'ArrowDown') {
      event.preventDefault()
      open(true)
    } else if (event.key === 'Escape' || event.key === 'Enter' || event.key === 'Tab') setOpen(false)
    if (event.key === 'Enter') settle(true)
    rest.onKeyDown?.(event)
  }
  // An open calendar takes Escape for itself; a dialog around the field stays.
  const keepsEscape = { 'data-mantine-stop-propagation': isOpen ? 'true' : undefined }
  const withClear = clearable && text !== '' && !rest.disabled && !rest.readOnly

  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="bottom-start"
      shadow="md"
      withRoles={false}
      trapFocus={isInside}
      returnFocus={isInside}
    >
      <Popover.Target>
        <TextInput
          placeholder={t`dd mmm yyyy`}
          autoComplete="off"
          w={withClear ? 176 : 152}
          {...rest}
          {...keepsEscape}
          value={text}
          error={trouble() ?? error}
          onChange={(event) => type(event.currentTarget.value)}
          onFocus={() => setFocused(true)}
          onBlur={() => settle(false)}
          onClick={() => open(false)}
          onKeyDown={onKeyDown}
          rightSectionWidth={withClear ? 56 : 32}
          rightSection={
            <Group gap={2} wrap="nowrap">
              {withClear && (
                <CloseButton size="xs" aria-label={t`Clear`} onClick={() => pick(null)} />
              )}
              <ActionIcon
                size={24}
                aria-label={t`Open the calendar`}
                aria-haspopup="dialog"
                aria-expanded={isOpen}
                disabled={rest.disabled || rest.readOnly}
                style={rest.disabled ? { background: 'none' } : undefined}
                {...keepsEscape}
                // Else the press would close the calendar as one beside it, and the click open it again.
                onMouseDown={(event) => event.stopPropagation()}
                onClick={() => (isOpen ? setOpen(false) : open(true))}
              >
                <IconCalendar size={16} />
              </ActionIcon>
            </Group>
          }
        />
      </Popover.Target>
      <Popover.Dropdown
        role="dialog"
        aria-label={t`Calendar`}
        // The field keeps the focus while a day is picked with the mouse.
        onMouseDown={(event) => event.preventDefault()}
      >
        <DatePicker
          {...words}
          __stopPropagation
          size="sm"
          value={value?.slice(0, 10) ?? null}
          onChange={pick}
          date={month ?? today}
          onDateChange={setMonth}
          {...(min && { minDate: min.slice(0, 10) })}
          {...(max && { maxDate: max.slice(0, 10) })}
          highlightToday
          getDayProps={(day) => (day === (value?.slice(0, 10) ?? today) ? { 'data-autofocus': true } : {})}
        />
      </Popover.Dropdown>
    </Popover>
  )
}
