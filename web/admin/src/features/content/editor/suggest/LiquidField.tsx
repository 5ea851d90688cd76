import { Textarea, type TextareaProps, TextInput } from '@mantine/core'
import { type FocusEvent, type KeyboardEvent, type RefObject, useRef, useState } from 'react'

import type { LetterVariable } from '../../../../lib/api/types'
import { SuggestionList } from './SuggestionList'
import { type Suggestion, withSuggestion } from './suggestions'
import { useSuggestions } from './useSuggestions'

export type LiquidInput = HTMLInputElement & HTMLTextAreaElement

interface LiquidFieldProps extends Omit<TextareaProps, 'onChange' | 'value' | 'ref' | 'onFocus'> {
  value: string
  variables: LetterVariable[]
  isLong?: boolean
  field?: RefObject<LiquidInput | null>
  onFocus?: (event: FocusEvent<HTMLInputElement | HTMLTextAreaElement>) => void
  onChange: (value: string) => void
}

/** A line or a text in which `{{` offers what can stand there. */
export function LiquidField({ value, variables, isLong = false, field, onChange, ...rest }: LiquidFieldProps) {
  const own = useRef<LiquidInput>(null)
  const input = field ?? own
  const [at, setAt] = useState({ left: 0, top: 0 })
  const suggest = useSuggestions(variables)
  const take = (item: Suggestion, from: number) => {
    const caret = input.current?.selectionStart ?? value.length
    const next = withSuggestion(value, caret, from, item)
    onChange(next.text)
    window.requestAnimationFrame(() => {
      input.current?.focus()
      input.current?.setSelectionRange(next.caret, next.caret)
    })
  }
  const look = (text: string, caret: number | null) => {
    const box = input.current?.getBoundingClientRect()
    if (box) setAt({ left: box.left, top: box.bottom })
    suggest.look(text.slice(0, caret ?? text.length))
  }
  const shared = {
    ...rest,
    ...suggest.aria,
    ref: input,
    value,
    onChange: (event: { currentTarget: { value: string; selectionStart: number | null } }) => {
      const { value: text, selectionStart } = event.currentTarget
      onChange(text)
      look(text, selectionStart)
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (suggest.onKey(event, take)) event.stopPropagation()
    },
    onClick: suggest.close,
    onBlur: suggest.close,
  }
  return (
    <>
      {isLong ? <Textarea autosize minRows={2} {...shared} /> : <TextInput {...(shared as object)} />}
      {suggest.found && (
        <SuggestionList {...suggest} {...suggest.found} at={at} onTake={take} />
      )}
    </>
  )
}
