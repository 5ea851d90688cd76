/** What a new block begins with. Texts come in the language of the interface. */

import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

import type { Block, BlockKind, LetterDocument } from './document'
import { newId, rowOf } from './edit'

type Say = (text: MessageDescriptor) => string
/** A block that may be new: a saved one is chosen, not made. */
export type NewKind = Exclude<BlockKind, 'saved'>

const MAKE: { [Kind in NewKind]: (id: string, say: Say, now: Date) => Extract<Block, { kind: Kind }> } = {
  text: (id, say) => ({ kind: 'text', id, html: `<p>${say(msg`Write here what the letter is about.`)}</p>`, align: 'left' }),
  heading: (id, say) => ({ kind: 'heading', id, text: say(msg`Heading`), level: 2, align: 'left' }),
  button: (id, say) => ({ kind: 'button', id, text: say(msg`Read more`), href: '', align: 'left', wide: false }),
  image: (id) => ({ kind: 'image', id, src: '', alt: '', align: 'center', decorative: false }),
  divider: (id) => ({ kind: 'divider', id, thickness: 1 }),
  spacer: (id) => ({ kind: 'spacer', id, height: 24 }),
  social: (id) => ({
    kind: 'social',
    id,
    align: 'center',
    links: [
      { network: 'telegram', href: '' },
      { network: 'vk', href: '' },
    ],
  }),
  menu: (id, say) => ({
    kind: 'menu',
    id,
    align: 'center',
    items: [
      { text: say(msg`Catalogue`), href: '' },
      { text: say(msg`Delivery`), href: '' },
      { text: say(msg`Contacts`), href: '' },
    ],
  }),
  products: (id, say) => ({
    kind: 'products',
    id,
    source: { kind: 'picked', product_ids: [] },
    columns: 2,
    limit: 4,
    show: { image: true, price: true, old_price: true, button: true },
    button_text: say(msg`To the product`),
  }),
  quote: (id, say) => ({ kind: 'quote', id, text: say(msg`What a customer says of you.`), author: '', role: '' }),
  countdown: (id, say, now) => ({
    kind: 'countdown',
    id,
    until: new Date(now.getTime() + 7 * 86_400_000).toISOString().slice(0, 16) + ':00Z',
    done_text: say(msg`The offer is over.`),
    units: 'days',
    align: 'center',
  }),
  html: (id) => ({ kind: 'html', id, source: '<p></p>' }),
  logo: (id) => ({ kind: 'logo', id, align: 'left', width: 120 }),
  footer: (id, say) => ({ kind: 'footer', id, align: 'center', note: '', unsubscribe_text: say(msg`Unsubscribe`), preferences_text: '' }),
}

export const makeBlock = (kind: NewKind, say: Say, now: Date): Block => MAKE[kind](newId(), say, now)

/** A letter from scratch: who writes, something to write in, and the way out. */
export const emptyDocument = (say: Say, now: Date): LetterDocument => ({
  v: 1,
  style: {},
  rows: (['logo', 'heading', 'text', 'button', 'footer'] as const).map((kind) => rowOf(makeBlock(kind, say, now))),
})
