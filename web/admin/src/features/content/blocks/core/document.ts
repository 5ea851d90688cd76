/** The document of a letter made of blocks: rows of columns of blocks. The server renders it. */

import type { DocumentRow, LetterStyle } from '../../../../lib/api/types'

/**
 * A shape with everything in it that has a default; what may be null stays out while it is not
 * set. `within` and fixed products are written by the server alone.
 */
type Filled<T> = T extends { kind: 'fixed' }
  ? never
  : T extends (infer Item)[]
    ? Filled<Item>[]
    : T extends object
      ? { [K in keyof T as null extends T[K] ? never : K extends 'within' ? never : K]-?: Filled<NonNullable<T[K]>> } & {
          [K in keyof T as null extends T[K] ? K : never]?: Filled<T[K]>
        }
      : T

export type Style = LetterStyle
export type Row = Filled<DocumentRow>
export type Column = Row['columns'][number]
export type Block = Column['blocks'][number]
export type BlockKind = Block['kind']
export type BlockOf<Kind extends BlockKind> = Extract<Block, { kind: Kind }>

export type Condition = NonNullable<Row['show_if']>
export type ConditionTest = Condition['test'][number]
export type TestOp = ConditionTest['op']
export type Repeat = NonNullable<Row['repeat']>

export type Font = NonNullable<Style['font']>
export type Align = BlockOf<'text'>['align']
export type SocialLink = BlockOf<'social'>['links'][number]
export type Network = SocialLink['network']
export type MenuItem = BlockOf<'menu'>['items'][number]
export type ProductParts = BlockOf<'products'>['show']

export interface LetterDocument {
  v: 1
  style: Style
  rows: Row[]
}
