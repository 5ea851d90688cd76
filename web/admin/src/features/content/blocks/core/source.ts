/** A document as the text that a letter keeps. */

import type { DocumentRow } from '../../../../lib/api/types'
import type { LetterDocument } from './document'
import { fillDocument, isKnownKind } from './fill'

const isRow = (row: DocumentRow): boolean =>
  Array.isArray(row.columns) &&
  row.columns.every((column) => (column.blocks ?? []).every(({ kind }) => isKnownKind(kind)))

export function readDocument(source: string): LetterDocument | null {
  try {
    const read: unknown = JSON.parse(source)
    if (typeof read !== 'object' || read === null) return null
    const { v, rows = [], style } = read as { v?: unknown; rows?: DocumentRow[]; style?: LetterDocument['style'] }
    return v === 1 && Array.isArray(rows) && rows.every(isRow) ? fillDocument({ rows, style }) : null
  } catch {
    return null
  }
}

export const writeDocument = (document: LetterDocument): string => JSON.stringify(document)
