import { ActionIcon, Button, SegmentedControl, Tooltip } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import {
  IconAdjustments,
  IconArrowBackUp,
  IconArrowForwardUp,
  IconDeviceDesktop,
  IconDeviceMobile,
  IconMoon,
  IconPlus,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'

import css from './Blocks.module.css'
import { useEditorContext } from './EditorContext'

interface ToolbarProps {
  modeSwitch: ReactNode
  isPhone: boolean
  onPhone: (isPhone: boolean) => void
  isDark: boolean
  onDark: (isDark: boolean) => void
  /** On a narrow screen the palette and the settings are opened from here. */
  narrow: { openPalette: () => void; openSettings: () => void } | null
}

export function Toolbar({ modeSwitch, isPhone, onPhone, isDark, onDark, narrow }: ToolbarProps) {
  const { t } = useLingui()
  const { undo, redo, canUndo, canRedo } = useEditorContext()
  return (
    <div className={css.tools}>
      {modeSwitch}
      <div className={css.group}>
        <Tooltip label={t`Undo (Ctrl+Z)`}>
          <ActionIcon size={30} aria-label={t`Undo`} aria-disabled={!canUndo} className={css.step} onClick={undo}>
            <IconArrowBackUp size={18} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t`Redo (Ctrl+Shift+Z)`}>
          <ActionIcon size={30} aria-label={t`Redo`} aria-disabled={!canRedo} className={css.step} onClick={redo}>
            <IconArrowForwardUp size={18} />
          </ActionIcon>
        </Tooltip>
      </div>
      {narrow ? (
        <div className={css.group}>
          <Button variant="default" size="compact-sm" leftSection={<IconPlus size={15} />} onClick={narrow.openPalette}>
            <Trans>Block</Trans>
          </Button>
          <Button variant="default" size="compact-sm" leftSection={<IconAdjustments size={15} />} onClick={narrow.openSettings}>
            <Trans>Settings</Trans>
          </Button>
        </div>
      ) : (
        <SegmentedControl
          aria-label={t`Width of the letter`}
          value={isPhone ? 'phone' : 'desktop'}
          onChange={(value) => onPhone(value === 'phone')}
          data={[
            { value: 'desktop', label: <IconDeviceDesktop size={16} role="img" aria-label={t`Desktop`} style={ICON} /> },
            {
              value: 'phone',
              label: (
                <IconDeviceMobile size={16} role="img" aria-label={t({ context: 'device', message: 'Phone' })} style={ICON} />
              ),
            },
          ]}
        />
      )}
      <Tooltip label={isDark ? t`Show it in the light` : t`Show it in the dark`}>
        <ActionIcon
          size={30}
          variant={isDark ? 'light' : 'subtle'}
          aria-label={t`Dark mail program`}
          aria-pressed={isDark}
          onClick={() => onDark(!isDark)}
        >
          <IconMoon size={16} />
        </ActionIcon>
      </Tooltip>
    </div>
  )
}

const ICON = { display: 'block', margin: '2px 0' }
