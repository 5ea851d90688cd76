import { describe, expect, it } from 'vitest'

import type { Block, LetterDocument, Row } from './document'
import {
  changeBlock,
  changeStyle,
  duplicate,
  findBlock,
  insertBlock,
  LETTER,
  moveBlock,
  moveRow,
  placeAfter,
  remove,
  selected,
  step,
} from './edit'
import { emptyColumns, layoutOf, LAYOUTS, setLayout } from './layouts'
import { readDocument, writeDocument } from './source'

const text = (id: string): Block => ({ kind: 'text', id, html: `<p>${id}</p>`, align: 'left' })
const row = (id: string, ...columns: string[][]): Row => ({
  id,
  stack: true,
  columns: columns.map((ids) => ({ blocks: ids.map(text) })),
})
const letter = (...rows: Row[]): LetterDocument => ({ v: 1, style: {}, rows })
/** A letter in short: r1[a,b|c] is a row with two columns. */
const shape = ({ rows }: LetterDocument) =>
  rows
    .map(({ id, columns }) => `${id}[${columns.map(({ blocks }) => blocks.map((b) => b.id).join()).join('|')}]`)
    .join(' ')
const two = letter(row('r1', ['a', 'b'], ['c']), row('r2', ['d']))

describe('putting blocks in', () => {
  it('goes behind what is selected', () => {
    expect(shape(insertBlock(two, text('x'), placeAfter(two, { kind: 'block', id: 'a' })))).toBe('r1[a,x,b|c] r2[d]')
    expect(shape(insertBlock(two, text('x'), placeAfter(two, { kind: 'block', id: 'c' })))).toBe('r1[a,b|c,x] r2[d]')
  })
  it('makes a row of its own behind a row and at the end of a letter', () => {
    expect(shape(insertBlock(two, text('x'), placeAfter(two, { kind: 'row', id: 'r1' })))).toMatch(/^r1\S+ \w+\[x\] r2/)
    expect(shape(insertBlock(two, text('x'), placeAfter(two, LETTER)))).toMatch(/r2\[d\] \w+\[x\]$/)
  })
})

describe('a footer', () => {
  it('stays the end of a letter when something is added without a place', () => {
    const foot = { ...row('f'), columns: [{ blocks: [{ kind: 'footer', id: 'x', align: 'center' } as Block] }] }
    expect(shape(insertBlock(letter(row('r1', ['a']), foot), text('b'), placeAfter(letter(row('r1', ['a']), foot), LETTER)))).toMatch(
      /^r1\[a\] \w+\[b\] f\[x\]$/,
    )
  })
})

describe('moving', () => {
  it('brings a block into another column and drops the row it leaves empty', () => {
    expect(shape(moveBlock(two, 'd', { kind: 'column', row: 'r1', column: 1, before: 'c' }))).toBe('r1[a,b|d,c]')
  })
  it('keeps a layout of several columns though it is empty', () => {
    const one = letter(row('r1', ['a'], []), row('r2', ['d']))
    expect(shape(moveBlock(one, 'a', { kind: 'column', row: 'r2', column: 0, before: null }))).toBe('r1[|] r2[d,a]')
  })
  it('changes nothing when a block is dropped where it was', () => {
    expect(moveBlock(two, 'a', { kind: 'column', row: 'r1', column: 0, before: 'b' })).toBe(two)
    expect(moveBlock(two, 'a', { kind: 'column', row: 'r1', column: 0, before: 'a' })).toBe(two)
    expect(moveRow(two, 'r1', 'r2')).toBe(two)
  })
  it('finds the place also when it is told by the row that becomes empty', () => {
    expect(shape(moveBlock(two, 'd', { kind: 'row', before: 'r2' }))).toMatch(/^r1\S+ \w+\[d\]$/)
  })
  it('moves rows', () => {
    expect(shape(moveRow(two, 'r2', 'r1'))).toBe('r2[d] r1[a,b|c]')
  })
  it('loses no block, whatever is moved where', () => {
    const ids = ['a', 'b', 'c', 'd']
    const places = [
      { kind: 'row', before: 'r1' },
      { kind: 'row', before: null },
      ...['r1', 'r2'].flatMap((id) =>
        [0, 1].flatMap((column) =>
          [null, ...ids].map((before) => ({ kind: 'column', row: id, column, before })),
        ),
      ),
    ] as const
    for (const id of ids) {
      for (const place of places) {
        if (place.kind === 'column' && place.row === 'r2' && place.column === 1) continue
        const moved = moveBlock(two, id, place as never)
        expect(ids.filter((one) => findBlock(moved, one))).toEqual(ids)
      }
    }
  })
  it('steps through a column and into the next row', () => {
    const down = step(two, { kind: 'block', id: 'a' }, 1)
    expect(shape(down)).toBe('r1[b,a|c] r2[d]')
    expect(shape(step(down, { kind: 'block', id: 'a' }, 1))).toBe('r1[b|c] r2[a,d]')
    expect(step(two, { kind: 'row', id: 'r1' }, -1)).toBe(two)
    expect(shape(step(two, { kind: 'row', id: 'r1' }, 1))).toBe('r2[d] r1[a,b|c]')
  })
})

describe('copies and removals', () => {
  it('give ids of their own to copies', () => {
    const [copied, chosen] = duplicate(two, { kind: 'row', id: 'r1' })
    expect(copied.rows).toHaveLength(3)
    expect(chosen).toEqual({ kind: 'row', id: copied.rows[1]?.id })
    const ids = copied.rows.flatMap((one) => [one.id, ...one.columns.flatMap(({ blocks }) => blocks.map((b) => b.id))])
    expect(new Set(ids).size).toBe(ids.length)
  })
  it('select the letter when the selected thing is gone', () => {
    const left = remove(two, { kind: 'block', id: 'd' })
    expect(shape(left)).toBe('r1[a,b|c]')
    expect(selected(left, { kind: 'block', id: 'd' })).toBe(LETTER)
  })
})

describe('changing', () => {
  it('leaves out a field that is set to nothing', () => {
    const styled = changeStyle(two, { width: 640 })
    expect(styled.style).toEqual({ width: 640 })
    expect(changeStyle(styled, { width: undefined }).style).toEqual({})
  })
  it('leaves the other rows as they were', () => {
    const changed = changeBlock(two, 'd', { html: '<p>new</p>' } as Partial<Block>)
    expect(changed.rows[0]).toBe(two.rows[0])
    expect(findBlock(changed, 'd')?.block).toMatchObject({ html: '<p>new</p>' })
  })
})

describe('layouts', () => {
  it('are known again by their columns', () => {
    for (const layout of LAYOUTS) expect(layoutOf({ id: 'r', stack: true, columns: emptyColumns(layout) })).toBe(layout)
  })
  it('keep the blocks of columns that go', () => {
    expect(shape(setLayout(two, 'r1', '1'))).toBe('r1[a,b,c] r2[d]')
    expect(shape(setLayout(two, 'r1', '3'))).toBe('r1[a,b|c|] r2[d]')
  })
})

describe('the text of a document', () => {
  it('is read back as it was written', () => {
    expect(readDocument(writeDocument(two))).toEqual(two)
  })
  it('is filled with what a row and a block leave out', () => {
    const source = '{"v":1,"rows":[{"id":"r","columns":[{"blocks":[{"kind":"heading","id":"h","text":"Hi"}]},{}]}]}'
    const read = readDocument(source)
    expect(read?.rows[0]).toMatchObject({ stack: true, columns: [{ blocks: [{ level: 1, align: 'left' }] }, { blocks: [] }] })
  })
  it('is refused when it is none', () => {
    for (const source of ['', '{', '<mjml/>', '[]', '{"v":2,"rows":[]}', 'null', '{"v":1,"rows":[{}]}']) {
      expect(readDocument(source)).toBeNull()
    }
  })
})
