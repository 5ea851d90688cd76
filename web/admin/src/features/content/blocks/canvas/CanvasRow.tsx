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

/** The number of the first place of each column. */
const startsOf = (row: Row, start: number): number[] =>
  row.columns.map((_, index) =>
    row.columns.slice(0, index).reduce((sum, { blocks }) => sum + blocks.length + 1, start),
  )

export function CanvasRow({ row, number, start }: CanvasRowProps) {
  const { t } = useLingui()
  const editor = useEditorContext()
  const { selection, select } = editor
  const { setNodeRef, setActivatorNodeRef, isDragging, attributes, listeners } = useDraggable({
    id: `row:${row.id}`,
    data: { dragged: { from: 'row', id: row.id } },
    attributes: { roleDescription: t`draggable` },
  })
  const isSelected = selection.kind === 'row' && selection.id === row.id
  const starts = startsOf(row, start)
  return (
    <div
      ref={setNodeRef}
      className={css.row}
      role="group"
      aria-label={t`Row ${number}`}
      data-selected={isSelected || undefined}
      data-moving={isDragging || undefined}
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
        <Handles
          target={{ kind: 'row', id: row.id }}
          label={t`Row ${number}`}
          grip={{ ...attributes, ...listeners }}
          gripRef={setActivatorNodeRef}
        />
      )}
      <Marks id={row.id} condition={row.show_if} repeat={row.repeat} />
      <div className={css.columns} style={rowStyle(row, editor)}>
        {row.columns.map((column, index) => {
          const from = starts[index] ?? start
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
