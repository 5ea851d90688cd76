import { ActionIcon, Tooltip } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { IconMoon } from '@tabler/icons-react'
import { useMemo, useState } from 'react'

import type { BrandKit } from '../../../lib/api/types'
import { DrawingContext } from '../blocks/canvas/DrawingContext'
import { RowDrawing } from '../blocks/canvas/RowDrawing'
import { darkTheme } from '../blocks/core/dark'
import { type NewKind, makeBlock } from '../blocks/core/defaults'
import { rowOf } from '../blocks/core/edit'
import { themeOf } from '../blocks/core/look'
import css from './Brand.module.css'

const SHOWN: NewKind[] = ['logo', 'heading', 'text', 'button', 'quote', 'social', 'footer']

/** A letter in the look of the kit as it stands in the form, saved or not. */
export function BrandSample({ kit }: { kit: BrandKit }) {
  const { t, i18n } = useLingui()
  const [isDark, setDark] = useState(false)
  const rows = useMemo(
    () => SHOWN.map((kind) => rowOf({ ...makeBlock(kind, (text) => i18n._(text), new Date()), ...(kind === 'social' && { links: [] }) })),
    [i18n],
  )
  const theme = themeOf({}, kit.style)
  const shown = isDark ? darkTheme(theme) : theme
  return (
    <section className={css.sample} aria-label={t`Sample`} style={{ background: shown.background }}>
      <Tooltip label={isDark ? t`Show it in the light` : t`Show it in the dark`}>
        <ActionIcon
          className={css.dark}
          variant="default"
          size={28}
          aria-label={t`Dark mail program`}
          aria-pressed={isDark}
          onClick={() => setDark(!isDark)}
        >
          <IconMoon size={15} />
        </ActionIcon>
      </Tooltip>
      <div style={{ background: shown.content_background, maxWidth: shown.width, margin: '0 auto', paddingBlock: 8 }}>
        <DrawingContext value={{ theme: shown, light: theme, isDark, isPhone: true, brand: kit, saved: [] }}>
          {rows.map((row) => (
            <RowDrawing key={row.id} row={row} />
          ))}
        </DrawingContext>
      </div>
    </section>
  )
}
