import { useEffect, useState } from 'react'

interface ListKeys {
  enabled: boolean
  count: number
  onOpen: (index: number) => void
  onEnd?: () => void
}

/** A closed choice keeps its list in the page, so an open one is told by its field. */
const OPEN = '[role="dialog"], [role="menu"], [aria-haspopup="listbox"][aria-expanded="true"]'

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** j and k walk a list, Enter opens, Esc lets go; silent while somebody types or a dialog is open. */
export function useListKeys({ enabled, count, onOpen, onEnd }: ListKeys): { active: number } {
  const [active, setActive] = useState(-1)
  useEffect(() => {
    if (!enabled) return
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (document.querySelector(OPEN)) return
      if (event.key === 'j' || event.key === 'о') {
        setActive((index) => Math.min(count - 1, index + 1))
        if (active >= count - 2) onEnd?.()
      } else if (event.key === 'k' || event.key === 'л') {
        setActive((index) => Math.max(0, index - 1))
      } else if (event.key === 'Escape') {
        setActive(-1)
      } else if (event.key === 'Enter' && active >= 0 && active < count) {
        if (event.target instanceof HTMLElement && event.target.closest('a, button')) return
        onOpen(active)
      } else {
        return
      }
      event.preventDefault()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [enabled, count, active, onOpen, onEnd])
  return { active: Math.min(active, count - 1) }
}
