import { Button } from '@mantine/core'
import { Plural, Trans } from '@lingui/react/macro'
import { IconUnlink } from '@tabler/icons-react'

import type { BlockOf, Row } from '../core/document'
import { copyOfRow, insertRow, removeBlock, rowPlaceAfter } from '../core/edit'
import { fillRow } from '../core/fill'
import { useEditorContext } from '../EditorContext'
import css from '../settings/Settings.module.css'

/** A saved block is changed for all letters at once, or becomes this letter's own. */
export function SavedFields({ block, row }: { block: BlockOf<'saved'>; row: Row }) {
  const { saved, apply, select } = useEditorContext()
  const found = saved.find((one) => one.id === block.block_id)
  if (!found) {
    return (
      <p className={css.hint}>
        <Trans>It was deleted. Delete it here as well.</Trans>
      </p>
    )
  }
  const makeOwn = () => {
    const copy = copyOfRow(fillRow(found.row))
    apply((document) =>
      removeBlock(insertRow(document, copy, rowPlaceAfter(document, { kind: 'row', id: row.id }).before), block.id),
    )
    select({ kind: 'row', id: copy.id })
  }
  return (
    <>
      <p className={css.hint}>
        <strong>{found.name}</strong>
        <br />
        {found.used_in > 0 && (
          <>
            <Plural value={found.used_in} one="It stands in # letter." other="It stands in # letters." />{' '}
          </>
        )}
        <Trans>Make it this letter's own to change it here; the other letters then keep theirs.</Trans>
      </p>
      <Button variant="default" leftSection={<IconUnlink size={16} />} onClick={makeOwn}>
        <Trans>Make it this letter's own</Trans>
      </Button>
    </>
  )
}
