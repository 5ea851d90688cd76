import { useLingui } from '@lingui/react/macro'
import { type CSSProperties, Fragment } from 'react'

import type { Row } from '../core/document'
import { LETTER } from '../core/edit'
import { useEditorContext } from '../EditorContext'
import css from './Canvas.module.css'
import { CanvasRow } from './CanvasRow'
import { PlaceMark } from './PlaceMark'

const PHONE_PX = 375

/** How many places stand before each row: in it, before each of its blocks and behind the last. */
function startsOf(rows: Row[]): number[] {
  let at = 0
  return rows.map((row) => {
    const start = at
    at += 1 + row.columns.reduce((sum, { blocks }) => sum + blocks.length + 1, 0)
    return start
  })
}

/** The letter as it is edited: our own drawing, close to the result. */
export function Canvas() {
  const { t } = useLingui()
  const { document, theme, isPhone, isDark, selection, select } = useEditorContext()
  const starts = startsOf(document.rows)
  const last = document.rows.length
  return (
    <section
      className={css.canvas}
      aria-label={t`Letter`}
      style={{ background: theme.background }}
      data-dark={isDark || undefined}
    >
      <div className={css.page}>
        <button
          type="button"
          className={css.paper}
          aria-label={t`Style of the letter`}
          aria-pressed={selection.kind === 'letter'}
          onClick={() => select(LETTER)}
        />
        <div
          className={css.letter}
          style={
            {
              '--letter-width': `${isPhone ? PHONE_PX : theme.width}px`,
              '--letter-links': theme.link_color,
              background: theme.content_background,
              color: theme.text_color,
            } as CSSProperties
          }
        >
          {document.rows.map((row, index) => (
            <Fragment key={row.id}>
              <PlaceMark place={{ kind: 'row', before: row.id }} order={starts[index] ?? 0} position={index + 1} />
              <CanvasRow row={row} number={index + 1} start={(starts[index] ?? 0) + 1} />
            </Fragment>
          ))}
          <PlaceMark
            place={{ kind: 'row', before: null }}
            order={Number.MAX_SAFE_INTEGER}
            position={last + 1}
            isEmpty={last === 0}
          />
        </div>
      </div>
    </section>
  )
}
