/** A document may leave out what has a default; the editor wants all of it. */

import type { DocumentRow } from '../../../../lib/api/types'
import type { Block, BlockKind, BlockOf, Condition, LetterDocument, Row } from './document'

type Content<Kind extends BlockKind> = Omit<BlockOf<Kind>, 'id' | 'kind' | 'padding' | 'background' | 'show_if'>

/** As the server fills it. */
const CONTENT: { [Kind in BlockKind]: Content<Kind> } = {
  text: { html: '', align: 'left' },
  heading: { text: '', level: 1, align: 'left' },
  button: { text: '', href: '', align: 'left', wide: false },
  image: { src: '', alt: '', align: 'center', decorative: false },
  divider: { thickness: 1 },
  spacer: { height: 24 },
  social: { links: [], align: 'center' },
  menu: { items: [], align: 'center' },
  products: {
    source: { kind: 'picked', product_ids: [] },
    columns: 2,
    limit: 4,
    show: { image: true, price: true, old_price: true, button: true },
    button_text: '',
  },
  quote: { text: '' },
  countdown: { until: '', done_text: '', units: 'days', align: 'center' },
  html: { source: '' },
  saved: { block_id: '' },
  logo: { align: 'left', width: 120 },
  footer: { note: '', unsubscribe_text: '', preferences_text: '', align: 'center' },
}

export const isKnownKind = (kind: string): kind is BlockKind => kind in CONTENT

type Loose<T> = { [K in keyof T]?: unknown }

const condition = (given: Loose<Condition> | null | undefined) =>
  given ? { show_if: { match: 'all', test: [], ...given } as Condition } : {}

const fillBlock = (block: Loose<Block> & { kind: BlockKind }): Block =>
  ({ ...CONTENT[block.kind], ...block, ...condition(block.show_if as Loose<Condition> | null) }) as Block

export const fillRow = (row: DocumentRow): Row => {
  const { show_if, repeat, columns, ...rest } = row
  return {
    stack: true,
    ...rest,
    columns: columns.map((column) => ({ ...column, blocks: (column.blocks ?? []).map(fillBlock) })),
    ...condition(show_if),
    ...(repeat && { repeat: { limit: 10, ...repeat } }),
  }
}

export const fillDocument = (given: { style?: LetterDocument['style']; rows: DocumentRow[] }): LetterDocument => ({
  v: 1,
  style: given.style ?? {},
  rows: given.rows.map(fillRow),
})
