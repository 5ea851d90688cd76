import { SegmentedControl } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

export type Mode = 'edit' | 'preview' | 'amp'

export function ModeSwitch({ value, onChange }: { value: Mode; onChange: (value: Mode) => void }) {
  const { t } = useLingui()
  return (
    <SegmentedControl
      aria-label={t`What is shown`}
      value={value}
      onChange={(next) => onChange(next as Mode)}
      data={[
        { value: 'edit', label: t`Editing` },
        { value: 'preview', label: t`Preview` },
        { value: 'amp', label: 'AMP' },
      ]}
    />
  )
}
