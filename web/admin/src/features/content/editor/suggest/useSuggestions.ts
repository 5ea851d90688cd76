import { useLingui } from '@lingui/react/macro'
import { useId, useState } from 'react'

import type { LetterVariable } from '../../../../lib/api/types'
import { optionId } from './SuggestionList'
import { type Suggestion, type Suggestions, suggestionsAt } from './suggestions'

interface Key {
  key: string
  preventDefault: () => void
}

/** What is offered while Liquid is typed, and the keys that choose from it. */
export function useSuggestions(variables: LetterVariable[]) {
  const { i18n } = useLingui()
  const id = useId()
  const [found, setFound] = useState<Suggestions | null>(null)
  const [index, setIndex] = useState(0)
  const close = () => setFound(null)
  /** `before`: the text up to the cursor. */
  const look = (before: string) => {
    setFound(suggestionsAt(before, variables, (text) => i18n._(text)))
    setIndex(0)
  }
  /** Tells whether the key was for the list; `take` is told of what it chose. */
  const onKey = (event: Key, take: (item: Suggestion, from: number) => void): boolean => {
    if (!found) return false
    const count = found.items.length
    const item = found.items[index]
    if (event.key === 'ArrowDown') setIndex((index + 1) % count)
    else if (event.key === 'ArrowUp') setIndex((index + count - 1) % count)
    else if (event.key === 'Escape') close()
    else if ((event.key === 'Enter' || event.key === 'Tab') && item) {
      close()
      take(item, found.from)
    } else return false
    event.preventDefault()
    return true
  }
  const aria = {
    'aria-autocomplete': 'list',
    ...(found && { 'aria-controls': id, 'aria-activedescendant': optionId(id, index) }),
  } as const
  return { id, found, index, look, close, onKey, aria }
}
