import { ActionIcon, ColorInput } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { IconX } from '@tabler/icons-react'
import { useState } from 'react'

const WHOLE = /^#[0-9a-f]{6}$/i

interface ColourFieldProps {
  label: string
  /** Null and undefined: as the letter's style says. */
  value: string | null | undefined
  /** What holds while there is no colour of its own. */
  inherited?: string
  onChange: (value: string | undefined) => void
}

export function ColourField({ label, value, inherited, onChange }: ColourFieldProps) {
  const { t } = useLingui()
  const [typed, setTyped] = useState<string | null>(null)
  return (
    <ColorInput
      label={label}
      format="hex"
      placeholder={inherited ?? t`none`}
      value={typed ?? value ?? ''}
      eyeDropperButtonProps={{ 'aria-label': t`Take a colour from the screen` }}
      withEyeDropper={!value}
      rightSection={
        value ? (
          <ActionIcon size={22} aria-label={t`No colour of its own: ${label}`} onClick={() => onChange(undefined)}>
            <IconX size={14} />
          </ActionIcon>
        ) : undefined
      }
      onChange={(next) => {
        // A colour is taken when it is whole; until then it stands in the field alone.
        if (WHOLE.test(next)) {
          setTyped(null)
          onChange(next.toLowerCase())
        } else {
          setTyped(next)
          if (next === '') onChange(undefined)
        }
      }}
      onBlur={() => setTyped(null)}
    />
  )
}
