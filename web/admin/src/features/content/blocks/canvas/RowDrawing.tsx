import type { Row } from '../core/document'
import { BlockDrawing } from './BlockDrawing'
import css from './Canvas.module.css'
import { useDrawing } from './DrawingContext'
import { blockStyle, columnStyle, rowStyle } from './measures'
import { OnGround } from './OnGround'

/** A row that is only looked at: of a saved block. */
export function RowDrawing({ row }: { row: Row }) {
  const drawing = useDrawing()
  return (
    <div className={css.columns} style={rowStyle(row, drawing)}>
      {row.columns.map((column, index) => (
        <div key={index} style={columnStyle(column)}>
          {column.blocks.map((block) => (
            <div key={block.id} style={blockStyle(block, row, drawing)}>
              <OnGround color={block.background ?? row.background}>
                <BlockDrawing block={block} />
              </OnGround>
            </div>
          ))}
        </div>
      ))}
    </div>
  )
}
