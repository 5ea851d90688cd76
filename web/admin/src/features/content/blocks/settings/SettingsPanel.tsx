import { useLingui } from '@lingui/react/macro'

import { findBlock, findRow, LETTER } from '../core/edit'
import { KINDS } from '../core/words'
import { useEditorContext } from '../EditorContext'
import { BlockSettings } from './BlockSettings'
import { RowSettings } from './RowSettings'
import css from './Settings.module.css'
import { StyleSettings } from './StyleSettings'

/** The settings of what is selected, and the way to what it stands in. */
export function SettingsPanel() {
  const { t, i18n } = useLingui()
  const { document, selection, select } = useEditorContext()
  const found = selection.kind === 'block' ? findBlock(document, selection.id) : null
  const row = found?.row ?? (selection.kind === 'row' ? findRow(document, selection.id) : null)
  const letter = t({ context: 'settings', message: 'Letter' })
  const rowName = t({ context: 'letter', message: 'Row' })
  return (
    <>
      <div className={css.path}>
        {row && (
          <>
            <button type="button" onClick={() => select(LETTER)}>
              {letter}
            </button>
            <span aria-hidden>›</span>
          </>
        )}
        {found && row && (
          <>
            <button type="button" onClick={() => select({ kind: 'row', id: row.id })}>
              {rowName}
            </button>
            <span aria-hidden>›</span>
          </>
        )}
        <h2>{found ? i18n._(KINDS[found.block.kind].title) : row ? rowName : t`Style of the letter`}</h2>
      </div>
      {found ? (
        <BlockSettings key={found.block.id} block={found.block} row={found.row} />
      ) : row ? (
        <RowSettings key={row.id} row={row} />
      ) : (
        <StyleSettings />
      )}
    </>
  )
}
