import { SegmentedControl } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

export type Mode = 'edit' | 'preview' | 'amp'

interface ModeSwitchProps {
  value: Mode
  onChange: (value: Mode) => void
  /** Who may only look has the preview and the AMP part. */
  canEdit: boolean
}

export function ModeSwitch({ value, onChange, canEdit }: ModeSwitchProps) {
  const { t } = useLingui()
  return (
    <SegmentedControl
      aria-label={t`What is shown`}
      value={value}
      onChange={(next) => onChange(next as Mode)}
      data={[
        ...(canEdit ? [{ value: 'edit', label: t`Editing` }] : []),
        { value: 'preview', label: t`Preview` },
        { value: 'amp', label: 'AMP' },
      ]}
    />
  )
}
