import type { Letter, LetterInput } from '../../../lib/api/types'

type Content = Omit<LetterInput, 'name'>

export const NO_LETTER: Content = { kind: 'html', subject: '', preheader: '', source: '', text: '', amp: '' }

/** What a preview depends on. */
export const contentOf = ({ kind, subject, preheader, source, text, amp }: Letter): Content => ({
  kind,
  subject,
  preheader,
  source,
  text,
  amp,
})
