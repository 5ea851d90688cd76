/** The measures of the renderer, for drawing rows, columns and blocks. */

import type { CSSProperties } from 'react'

import type { Block, Column, Row } from '../core/document'
import type { Drawing } from './DrawingContext'
import { shade } from './OnGround'

const BLOCK_PADDING = 8
const ROW_PADDING = 8
/** Beside a block in a row of one column, and of several. */
const SIDE_WIDE = 24
const SIDE_NARROW = 12

export const HEADING_SIZES = { 1: 1.75, 2: 1.375, 3: 1.125 } as const

const isNarrow = (row: Row) => row.columns.length > 1

export const rowStyle = (row: Row, { isPhone, isDark }: Drawing): CSSProperties => ({
  background: shade(row.background, isDark),
  padding: `${row.padding ?? ROW_PADDING}px ${isNarrow(row) ? SIDE_WIDE - SIDE_NARROW : 0}px`,
  flexDirection: isPhone && row.stack !== false ? 'column' : 'row',
})

export const columnStyle = ({ width }: Column): CSSProperties => ({
  flex: width ? `${width} 1 0` : '1 1 0',
  minWidth: 0,
})

export function blockStyle(block: Block, row: Row, { isDark }: Drawing): CSSProperties {
  // The colour of a button is its own, not that of its place.
  const background = block.kind === 'button' ? undefined : shade(block.background, isDark)
  if (block.kind === 'saved') return {}
  const padding = block.padding ?? (block.kind === 'spacer' ? 0 : BLOCK_PADDING)
  return { background, padding: `${padding}px ${isNarrow(row) ? SIDE_NARROW : SIDE_WIDE}px` }
}
