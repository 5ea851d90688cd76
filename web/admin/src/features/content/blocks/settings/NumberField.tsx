import { NumberInput } from '@mantine/core'

interface NumberFieldProps {
  label: string
  value: number | null | undefined
  min: number
  max: number
  /** What holds while the field is empty. */
  inherited?: number | string
  suffix?: string
  onChange: (value: number | undefined) => void
}

/** A whole number within its bounds; empty where something else decides. */
export function NumberField({ label, value, min, max, inherited, suffix = '', onChange }: NumberFieldProps) {
  return (
    <NumberInput
      label={label}
      value={value ?? ''}
      min={min}
      max={max}
      allowDecimal={false}
      allowNegative={false}
      clampBehavior="blur"
      suffix={suffix}
      placeholder={inherited === undefined ? undefined : `${inherited}${typeof inherited === 'number' ? suffix : ''}`}
      hideControls={false}
      onChange={(next) => {
        if (typeof next !== 'number') onChange(undefined)
        else if (next >= min && next <= max) onChange(next)
      }}
    />
  )
}
