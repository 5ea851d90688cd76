import { CloseButton, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useLingui } from '@lingui/react/macro'
import { IconSearch } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'

interface SearchInputProps {
  value: string
  onChange: (value: string) => void
  placeholder: string
  /** As wide as what is around it. */
  wide?: boolean
}

/** A search that waits for a pause in typing; "/" puts the cursor into it. */
export function SearchInput({ value, onChange, placeholder, wide }: SearchInputProps) {
  const { t } = useLingui()
  const [text, setText] = useState(value)
  const input = useRef<HTMLInputElement>(null)
  const send = useDebouncedCallback(onChange, 250)
  const [known, setKnown] = useState(value)
  if (value !== known) {
    // The address changed by other means, such as the back button.
    setKnown(value)
    setText(value)
  }
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).closest('input, textarea, [contenteditable]')
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      input.current?.focus()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  return (
    <TextInput
      ref={input}
      type="search"
      w={wide ? '100%' : { base: '100%', xs: 300 }}
      aria-label={placeholder}
      placeholder={placeholder}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        text && (
          <CloseButton
            size="sm"
            aria-label={t`Clear the search`}
            onClick={() => {
              setText('')
              onChange('')
            }}
          />
        )
      }
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value)
        send(event.currentTarget.value)
      }}
      onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
    />
  )
}
