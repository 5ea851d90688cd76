import { type FocusEvent, useRef } from 'react'

import type { LetterInput } from '../../../lib/api/types'
import type { LetterDraft } from './useLetterDraft'

type Line = 'subject' | 'preheader' | 'text'
type Field = HTMLInputElement | HTMLTextAreaElement

/** Puts variables into the line of the letter that had the cursor last. */
export function useInsertion({ draft, change }: Pick<LetterDraft, 'draft' | 'change'>) {
  const writing = useRef<{ field: Line; input: Field } | null>(null)
  const insert = (snippet: string): boolean => {
    const place = writing.current
    if (!place?.input.isConnected) return false
    const { field, input } = place
    const text = draft[field]
    const start = input.selectionStart ?? text.length
    const end = input.selectionEnd ?? start
    // A subject and a preheader are one line.
    const added = field === 'text' ? snippet : snippet.replace(/\n/g, ' ')
    const next: Partial<LetterInput> = { [field]: text.slice(0, start) + added + text.slice(end) }
    change(next)
    window.requestAnimationFrame(() => {
      input.focus()
      input.setSelectionRange(start + added.length, start + added.length)
    })
    return true
  }
  const remember = (field: Line) => ({
    onFocus: (event: FocusEvent<Field>) => {
      writing.current = { field, input: event.currentTarget }
    },
  })
  const forget = () => {
    writing.current = null
  }
  return { insert, remember, forget }
}
export type Insertion = ReturnType<typeof useInsertion>
