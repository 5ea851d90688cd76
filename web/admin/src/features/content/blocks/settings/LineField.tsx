import { Textarea, TextInput } from '@mantine/core'
import { useRef } from 'react'

import { Variables } from '../../editor/Variables'
import { useEditorContext } from '../EditorContext'

interface LineFieldProps {
  label: string
  description?: string
  placeholder?: string
  value: string | null | undefined
  isLong?: boolean
  maxLength?: number
  error?: string | false | undefined
  onChange: (value: string) => void
}

/** A text or an address of a block, with the variables at hand. */
export function LineField({ label, value, isLong = false, onChange, ...rest }: LineFieldProps) {
  const { profileId } = useEditorContext()
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null)
  const insert = (snippet: string) => {
    const text = value ?? ''
    const at = field.current?.selectionStart ?? text.length
    const end = field.current?.selectionEnd ?? at
    onChange(text.slice(0, at) + snippet + text.slice(end))
    window.requestAnimationFrame(() => field.current?.focus())
  }
  const shared = {
    ...rest,
    label,
    ref: field,
    value: value ?? '',
    rightSection: <Variables isCompact profileId={profileId} onInsert={insert} />,
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  }
  return isLong ? <Textarea autosize minRows={2} {...shared} /> : <TextInput {...shared} />
}
