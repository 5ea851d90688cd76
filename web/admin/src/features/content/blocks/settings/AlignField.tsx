import { Input, SegmentedControl } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { IconAlignCenter, IconAlignLeft, IconAlignRight } from '@tabler/icons-react'

import type { Align } from '../core/document'

export function AlignField({ value, onChange }: { value: Align; onChange: (value: Align) => void }) {
  const { t } = useLingui()
  const choices = [
    { value: 'left', icon: IconAlignLeft, label: t`To the left` },
    { value: 'center', icon: IconAlignCenter, label: t`In the middle` },
    { value: 'right', icon: IconAlignRight, label: t`To the right` },
  ]
  return (
    <Input.Wrapper label={t`Alignment`} labelElement="div">
      <SegmentedControl
        fullWidth
        aria-label={t`Alignment`}
        value={value}
        onChange={(next) => onChange(next as Align)}
        data={choices.map(({ value: key, icon: Icon, label }) => ({
          value: key,
          label: <Icon size={16} role="img" aria-label={label} style={{ display: 'block', margin: '2px auto' }} />,
        }))}
      />
    </Input.Wrapper>
  )
}
