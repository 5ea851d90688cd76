/** How a row is split into columns. */

import { changeRow, findRow } from './edit'
import type { Column, LetterDocument, Row } from './document'

export type LayoutKey = '1' | '2' | '3' | '4' | '1:2' | '2:1'
/** Widths in per cent; none: equal ones. */
const WIDTHS: Record<LayoutKey, (number | undefined)[]> = {
  '1': [undefined],
  '2': [undefined, undefined],
  '3': [undefined, undefined, undefined],
  '4': [undefined, undefined, undefined, undefined],
  '1:2': [33, 67],
  '2:1': [67, 33],
}
export const LAYOUTS = Object.keys(WIDTHS) as LayoutKey[]

export function layoutOf(row: Row): LayoutKey {
  const [first, second] = row.columns
  if (row.columns.length === 2 && first?.width && second?.width && first.width !== second.width) {
    return first.width < second.width ? '1:2' : '2:1'
  }
  return String(Math.min(4, Math.max(1, row.columns.length))) as LayoutKey
}

const columnOf = (width: number | undefined, blocks: Column['blocks']): Column =>
  width === undefined ? { blocks } : { width, blocks }

export const emptyColumns = (layout: LayoutKey): Column[] => WIDTHS[layout].map((width) => columnOf(width, []))

/** The blocks of columns that are no more go to the end of the last one. */
export function setLayout(document: LetterDocument, rowId: string, layout: LayoutKey): LetterDocument {
  const row = findRow(document, rowId)
  if (!row) return document
  const widths = WIDTHS[layout]
  const last = widths.length - 1
  const columns = widths.map((width, index) => {
    const own = row.columns[index]?.blocks ?? []
    const rest = index === last ? row.columns.slice(last + 1).flatMap(({ blocks }) => blocks) : []
    return columnOf(width, [...own, ...rest])
  })
  return changeRow(document, rowId, { columns })
}
