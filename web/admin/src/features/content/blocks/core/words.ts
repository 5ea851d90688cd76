/** What the parts of a letter are called. */

import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import {
  IconBookmark,
  IconBoxMultiple,
  IconClock,
  IconCode,
  IconSpacingVertical,
  IconLayoutBottombar,
  IconHeading,
  IconHexagonLetterL,
  IconLayoutNavbar,
  IconLetterCase,
  IconPhoto,
  IconQuote,
  IconRectangle,
  IconSeparatorHorizontal,
  IconShare,
  type Icon,
} from '@tabler/icons-react'

import type { Block, BlockKind, Network } from './document'
import { textOf } from './richHtml'

export const KINDS: Record<BlockKind, { title: MessageDescriptor; icon: Icon }> = {
  text: { title: msg({ context: 'block', message: 'Text' }), icon: IconLetterCase },
  heading: { title: msg({ context: 'block', message: 'Heading' }), icon: IconHeading },
  button: { title: msg({ context: 'block', message: 'Button' }), icon: IconRectangle },
  image: { title: msg({ context: 'block', message: 'Picture' }), icon: IconPhoto },
  divider: { title: msg({ context: 'block', message: 'Divider' }), icon: IconSeparatorHorizontal },
  spacer: { title: msg({ context: 'block', message: 'Spacer' }), icon: IconSpacingVertical },
  logo: { title: msg({ context: 'block', message: 'Logo' }), icon: IconHexagonLetterL },
  social: { title: msg({ context: 'block', message: 'Social links' }), icon: IconShare },
  menu: { title: msg({ context: 'block', message: 'Menu' }), icon: IconLayoutNavbar },
  products: { title: msg({ context: 'block', message: 'Products' }), icon: IconBoxMultiple },
  quote: { title: msg({ context: 'block', message: 'Quote' }), icon: IconQuote },
  countdown: { title: msg({ context: 'block', message: 'Countdown' }), icon: IconClock },
  html: { title: msg({ context: 'block', message: 'HTML' }), icon: IconCode },
  footer: { title: msg({ context: 'block', message: 'Footer' }), icon: IconLayoutBottombar },
  saved: { title: msg({ context: 'block', message: 'Saved block' }), icon: IconBookmark },
}

export const NETWORKS: Record<Network, MessageDescriptor> = {
  telegram: msg`Telegram`,
  vk: msg`VK`,
  youtube: msg`YouTube`,
  whatsapp: msg`WhatsApp`,
  instagram: msg`Instagram`,
  facebook: msg`Facebook`,
  x: msg`X`,
  linkedin: msg`LinkedIn`,
  dzen: msg`Dzen`,
  ok: msg`OK.ru`,
  site: msg`Website`,
  email: msg`E-mail`,
  phone: msg({ context: 'contact', message: 'Phone' }),
}

const WORDS_MAX = 40

/** The first words of a block, so that two of a kind are told apart. */
export function wordsOf(block: Block): string {
  const text =
    block.kind === 'text'
      ? textOf(block.html)
      : block.kind === 'heading' || block.kind === 'button' || block.kind === 'quote'
        ? block.text
        : block.kind === 'image'
          ? block.alt
          : ''
  return text.length > WORDS_MAX ? `${text.slice(0, WORDS_MAX).trimEnd()}…` : text
}
