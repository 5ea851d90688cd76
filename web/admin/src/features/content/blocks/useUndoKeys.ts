import { type RefObject, useEffect } from 'react'

const isLineOutside = (target: EventTarget | null, work: HTMLElement | null) =>
  target instanceof HTMLElement &&
  /^(INPUT|TEXTAREA)$/.test(target.tagName) &&
  !work?.contains(target) &&
  !target.closest('[role="dialog"]')

/** Ctrl+Z and Ctrl+Shift+Z for the whole letter, wherever the cursor is in its editor. */
export function useUndoKeys(work: RefObject<HTMLElement | null>, isOn: boolean, undo: () => void, redo: () => void) {
  useEffect(() => {
    if (!isOn) return
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || !(event.ctrlKey || event.metaKey) || event.altKey) return
      const isRedo = (event.code === 'KeyZ' && event.shiftKey) || (event.code === 'KeyY' && !event.shiftKey)
      if (!isRedo && (event.code !== 'KeyZ' || event.shiftKey)) return
      // The subject and the code have a history of their own.
      if (isLineOutside(event.target, work.current)) return
      if (event.target instanceof HTMLElement && event.target.closest('.cm-editor')) return
      event.preventDefault()
      if (isRedo) redo()
      else undo()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [work, isOn, undo, redo])
}
