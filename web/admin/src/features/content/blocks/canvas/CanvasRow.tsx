import { useDraggable } from '@dnd-kit/core'
import { useLingui } from '@lingui/react/macro'
import { Fragment } from 'react'

import type { Row } from '../core/document'
import { useEditorContext } from '../EditorContext'
import css from './Canvas.module.css'
import { CanvasBlock } from './CanvasBlock'
import { Handles } from './Handles'
import { Marks } from './Marks'
import { columnStyle, rowStyle } from './measures'
import { PlaceMark } from './PlaceMark'

interface CanvasRowProps {
  row: Row
  number: number
  /** The number of its first place among all places. */
  start: number
}

export function CanvasRow({ row, number, start }: CanvasRowProps) {
  const { t } = useLingui()
  const { selection, select, isPhone } = useEditorContext()
  const drag = useDraggable({
    id: `row:${row.id}`,
    data: { dragged: { from: 'row', id: row.id } },
    attributes: { roleDescription: t`draggable` },
  })
  const isSelected = selection.kind === 'row' && selection.id === row.id
  let order = start
  return (
    <div
      ref={drag.setNodeRef}
      className={css.row}
      role="group"
      aria-label={t`Row ${number}`}
      data-selected={isSelected || undefined}
      data-moving={drag.isDragging || undefined}
    >
      <button
        type="button"
        className={css.rowPick}
        aria-label={t`Row ${number}`}
        aria-pressed={isSelected}
        title={t`Settings of the row`}
        onClick={() => select({ kind: 'row', id: row.id })}
      />
      {isSelected && (
        <Handles target={{ kind: 'row', id: row.id }} drag={drag} label={t`Row ${number}`} />
      )}
      <Marks id={row.id} condition={row.show_if} repeat={row.repeat} />
      <div className={css.columns} style={rowStyle(row, isPhone)}>
        {row.columns.map((column, index) => {
          const from = order
          order += column.blocks.length + 1
          return (
            <div key={index} className={css.column} style={columnStyle(column)}>
              {column.blocks.map((block, at) => (
                <Fragment key={block.id}>
                  <PlaceMark
                    place={{ kind: 'column', row: row.id, column: index, before: block.id }}
                    order={from + at}
                    row={number}
                    column={index + 1}
                    position={at + 1}
                  />
                  <CanvasBlock block={block} row={row} />
                </Fragment>
              ))}
              <PlaceMark
                place={{ kind: 'column', row: row.id, column: index, before: null }}
                order={from + column.blocks.length}
                row={number}
                column={index + 1}
                position={column.blocks.length + 1}
                isEmpty={column.blocks.length === 0}
              />
            </div>
          )
        })}
      </div>
    </div>
  )
}
