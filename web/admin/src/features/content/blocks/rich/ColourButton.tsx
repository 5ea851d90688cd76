import { ActionIcon, ColorSwatch, Popover, SimpleGrid, Tooltip, UnstyledButton } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { IconPalette } from '@tabler/icons-react'
import type { Editor } from '@tiptap/react'
import { useState } from 'react'

import { useEditorContext } from '../EditorContext'

const COLOURS = ['#1f2937', '#b3261e', '#c2620e', '#17713a', '#0f6b63', '#24588f', '#6b3fa0']

/** The colour of the chosen words: some that read well, those of the letter, or none of its own. */
export function ColourButton({ editor }: { editor: Editor }) {
  const { t } = useLingui()
  const { theme } = useEditorContext()
  const [isOpen, setOpen] = useState(false)
  const set = (color: string | null) => {
    const chain = editor.chain().focus()
    if (color === null) chain.unsetMark('colour').run()
    else chain.setMark('colour', { color }).run()
    setOpen(false)
  }
  const offered = [...new Set([theme.link_color, theme.heading_color, theme.muted_color, ...COLOURS])]
  return (
    <Popover opened={isOpen} onChange={setOpen} trapFocus returnFocus shadow="md">
      <Popover.Target>
        <Tooltip label={t`Colour of the text`}>
          <ActionIcon size={28} aria-label={t`Colour of the text`} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            <IconPalette size={16} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p={8}>
        <SimpleGrid cols={6} spacing={6}>
          {offered.map((color) => (
            <ColorSwatch key={color} component="button" type="button" color={color} size={22} aria-label={color} style={{ cursor: 'pointer' }} onClick={() => set(color)} />
          ))}
        </SimpleGrid>
        <UnstyledButton mt={8} fz={13} c="var(--accent)" onClick={() => set(null)}>
          {t`As the letter`}
        </UnstyledButton>
      </Popover.Dropdown>
    </Popover>
  )
}
