import type { Row } from '../core/document'
import { BlockDrawing } from './BlockDrawing'
import css from './Canvas.module.css'
import { useDrawing } from './DrawingContext'
import { blockStyle, columnStyle, rowStyle } from './measures'

/** A row that is only looked at: of a saved block. */
export function RowDrawing({ row }: { row: Row }) {
  const { isPhone } = useDrawing()
  return (
    <div className={css.columns} style={rowStyle(row, isPhone)}>
      {row.columns.map((column, index) => (
        <div key={index} style={columnStyle(column)}>
          {column.blocks.map((block) => (
            <div key={block.id} style={blockStyle(block, row)}>
              <BlockDrawing block={block} />
            </div>
          ))}
        </div>
      ))}
    </div>
  )
}
