/** What can be done with a document. Nothing is changed in place: undo keeps the former ones. */

import type { Block, Column, LetterDocument, Row, Style } from './document'

export type Selection = { kind: 'letter' } | { kind: 'row'; id: string } | { kind: 'block'; id: string }

/** A place for something, told by what stands behind it; null: at the end. */
export type RowPlace = { kind: 'row'; before: string | null }
export type ColumnPlace = { kind: 'column'; row: string; column: number; before: string | null }
export type Place = RowPlace | ColumnPlace

export const LETTER: Selection = { kind: 'letter' }
export const newId = (): string => crypto.randomUUID().replaceAll('-', '').slice(0, 12)

// ── finding ───────────────────────────────────────────────────────────────────────────────────

export interface Found {
  row: Row
  column: number
  index: number
  block: Block
}

export function findBlock(document: LetterDocument, id: string): Found | null {
  for (const row of document.rows) {
    for (const [column, { blocks }] of row.columns.entries()) {
      const index = blocks.findIndex((block) => block.id === id)
      const block = blocks[index]
      if (block) return { row, column, index, block }
    }
  }
  return null
}

export const findRow = (document: LetterDocument, id: string): Row | null =>
  document.rows.find((row) => row.id === id) ?? null

/** The selection, or the letter when undo took away what was selected. */
export function selected(document: LetterDocument, selection: Selection): Selection {
  if (selection.kind === 'row') return findRow(document, selection.id) ? selection : LETTER
  if (selection.kind === 'block') return findBlock(document, selection.id) ? selection : LETTER
  return LETTER
}

/** Where a thing goes that was chosen by a click: behind what is selected. */
export function placeAfter(document: LetterDocument, selection: Selection): Place {
  if (selection.kind === 'block') {
    const found = findBlock(document, selection.id)
    if (found) {
      const behind = found.row.columns[found.column]?.blocks[found.index + 1]
      return { kind: 'column', row: found.row.id, column: found.column, before: behind?.id ?? null }
    }
  }
  return rowPlaceAfter(document, selection)
}

export function rowPlaceAfter(document: LetterDocument, selection: Selection): RowPlace {
  const rowId =
    selection.kind === 'row'
      ? selection.id
      : selection.kind === 'block'
        ? findBlock(document, selection.id)?.row.id
        : undefined
  const index = document.rows.findIndex((row) => row.id === rowId)
  if (index >= 0) return { kind: 'row', before: document.rows[index + 1]?.id ?? null }
  // The footer is the end of a letter: what is added without a place stands above it.
  const last = document.rows.at(-1)
  const isFooter = last?.columns.some(({ blocks }) => blocks.some(({ kind }) => kind === 'footer')) ?? false
  return { kind: 'row', before: isFooter ? (last?.id ?? null) : null }
}

// ── parts ─────────────────────────────────────────────────────────────────────────────────────

function putBefore<Item extends { id: string }>(items: Item[], item: Item, before: string | null): Item[] {
  const at = before === null ? -1 : items.findIndex((one) => one.id === before)
  return at < 0 ? [...items, item] : [...items.slice(0, at), item, ...items.slice(at)]
}

const mapRow = (document: LetterDocument, id: string, change: (row: Row) => Row): LetterDocument => ({
  ...document,
  rows: document.rows.map((row) => (row.id === id ? change(row) : row)),
})

const mapColumns = (row: Row, change: (column: Column, index: number) => Column): Row => ({
  ...row,
  columns: row.columns.map(change),
})

export const rowOf = (...blocks: Block[]): Row => ({ id: newId(), stack: true, columns: [{ blocks }] })
const isEmpty = (row: Row) => row.columns.every(({ blocks }) => blocks.length === 0)

// ── changing ──────────────────────────────────────────────────────────────────────────────────

export function insertBlock(document: LetterDocument, block: Block, place: Place): LetterDocument {
  if (place.kind === 'row') return insertRow(document, rowOf(block), place.before)
  return mapRow(document, place.row, (row) =>
    mapColumns(row, (column, index) =>
      index === place.column ? { ...column, blocks: putBefore(column.blocks, block, place.before) } : column,
    ),
  )
}

export const insertRow = (document: LetterDocument, row: Row, before: string | null): LetterDocument => ({
  ...document,
  rows: putBefore(document.rows, row, before),
})

const withoutBlock = (document: LetterDocument, id: string): LetterDocument => ({
  ...document,
  rows: document.rows.map((row) =>
    row.columns.some(({ blocks }) => blocks.some((block) => block.id === id))
      ? mapColumns(row, (column) => ({ ...column, blocks: column.blocks.filter((block) => block.id !== id) }))
      : row,
  ),
})

const withoutRow = (document: LetterDocument, id: string): LetterDocument => ({
  ...document,
  rows: document.rows.filter((row) => row.id !== id),
})

/** A row of one column goes with its last block; several columns are a layout and stay. */
function withoutHollow(document: LetterDocument, rowId: string): LetterDocument {
  const row = findRow(document, rowId)
  return row && row.columns.length === 1 && isEmpty(row) ? withoutRow(document, rowId) : document
}

export function removeBlock(document: LetterDocument, id: string): LetterDocument {
  const found = findBlock(document, id)
  return found ? withoutHollow(withoutBlock(document, id), found.row.id) : document
}

export const removeRow = withoutRow

export function moveBlock(document: LetterDocument, id: string, place: Place): LetterDocument {
  const found = findBlock(document, id)
  if (!found) return document
  if (place.kind === 'column') {
    if (place.before === id) return document
    const isSame = place.row === found.row.id && place.column === found.column
    const behind = found.row.columns[found.column]?.blocks[found.index + 1]?.id ?? null
    if (isSame && place.before === behind) return document
  }
  // Put in first: the place may be told by the row that the block leaves empty.
  const put = insertBlock(withoutBlock(document, id), found.block, place)
  return withoutHollow(put, found.row.id)
}

export function moveRow(document: LetterDocument, id: string, before: string | null): LetterDocument {
  const at = document.rows.findIndex((row) => row.id === id)
  const row = document.rows[at]
  if (!row || before === id || (document.rows[at + 1]?.id ?? null) === before) return document
  return insertRow(withoutRow(document, id), row, before)
}

/** One place up or down; a block that has come to the edge of its column stays. */
export function step(document: LetterDocument, selection: Selection, by: 1 | -1): LetterDocument {
  if (selection.kind === 'row') {
    const at = document.rows.findIndex((row) => row.id === selection.id)
    if (at < 0 || at + by < 0 || at + by >= document.rows.length) return document
    return moveRow(document, selection.id, document.rows[by < 0 ? at - 1 : at + 2]?.id ?? null)
  }
  if (selection.kind !== 'block') return document
  const found = findBlock(document, selection.id)
  if (!found) return document
  const { row, column, index } = found
  const blocks = row.columns[column]?.blocks ?? []
  if (index + by >= 0 && index + by < blocks.length) {
    const before = blocks[by < 0 ? index - 1 : index + 2]?.id ?? null
    return moveBlock(document, selection.id, { kind: 'column', row: row.id, column, before })
  }
  const near = document.rows[document.rows.indexOf(row) + by]
  if (!near) return document
  const target = Math.min(column, near.columns.length - 1)
  const before = by > 0 ? (near.columns[target]?.blocks[0]?.id ?? null) : null
  return moveBlock(document, selection.id, { kind: 'column', row: near.id, column: target, before })
}

const copyOf = (block: Block): Block => ({ ...structuredClone(block), id: newId() })

/** A copy with ids of its own, such as a saved row needs before it is put into a letter. */
export const copyOfRow = (row: Row): Row => ({
  ...structuredClone(row),
  id: newId(),
  columns: row.columns.map((column) => ({ ...column, blocks: column.blocks.map(copyOf) })),
})

/** Puts a copy behind its original and tells what to select. */
export function duplicate(document: LetterDocument, selection: Selection): [LetterDocument, Selection] {
  if (selection.kind === 'row') {
    const row = findRow(document, selection.id)
    if (!row) return [document, selection]
    const copy = copyOfRow(row)
    return [insertRow(document, copy, rowPlaceAfter(document, selection).before), { kind: 'row', id: copy.id }]
  }
  if (selection.kind === 'block') {
    const found = findBlock(document, selection.id)
    if (!found) return [document, selection]
    const copy = copyOf(found.block)
    return [insertBlock(document, copy, placeAfter(document, selection)), { kind: 'block', id: copy.id }]
  }
  return [document, selection]
}

export const remove = (document: LetterDocument, selection: Selection): LetterDocument =>
  selection.kind === 'row'
    ? removeRow(document, selection.id)
    : selection.kind === 'block'
      ? removeBlock(document, selection.id)
      : document

/** A field that is set to nothing is left out: the style of the letter then decides. */
function patched<Item extends object>(item: Item, patch: Partial<Item>): Item {
  const next = { ...item, ...patch }
  for (const key of Object.keys(patch) as (keyof Item)[]) if (next[key] === undefined) delete next[key]
  return next
}

export const changeBlock = (document: LetterDocument, id: string, patch: Partial<Block>): LetterDocument => ({
  ...document,
  rows: document.rows.map((row) =>
    row.columns.some(({ blocks }) => blocks.some((block) => block.id === id))
      ? mapColumns(row, (column) => ({
          ...column,
          blocks: column.blocks.map((block) => (block.id === id ? patched(block, patch as Partial<typeof block>) : block)),
        }))
      : row,
  ),
})

export const changeRow = (document: LetterDocument, id: string, patch: Partial<Row>): LetterDocument =>
  mapRow(document, id, (row) => patched(row, patch))

export const changeStyle = (document: LetterDocument, patch: Partial<Style>): LetterDocument => ({
  ...document,
  style: patched(document.style, patch),
})
