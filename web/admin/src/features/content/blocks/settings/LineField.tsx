import { useRef } from 'react'

import { LiquidField, type LiquidInput } from '../../editor/suggest/LiquidField'
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
  const { profileId, variables } = useEditorContext()
  const field = useRef<LiquidInput>(null)
  const insert = (snippet: string) => {
    const text = value ?? ''
    const at = field.current?.selectionStart ?? text.length
    const end = field.current?.selectionEnd ?? at
    onChange(text.slice(0, at) + snippet + text.slice(end))
    window.requestAnimationFrame(() => field.current?.focus())
  }
  return (
    <LiquidField
      {...rest}
      label={label}
      field={field}
      isLong={isLong}
      value={value ?? ''}
      variables={variables}
      rightSection={<Variables isCompact profileId={profileId} onInsert={insert} />}
      onChange={onChange}
    />
  )
}
