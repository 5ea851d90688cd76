import { useCallback, useEffect, useRef, useState } from 'react'

import type { LetterDocument } from './core/document'
import { LETTER, type Selection, selected } from './core/edit'
import { begin, type History, record, redo, undo } from './core/history'

/** A document being edited: what is selected in it and the way back. */
export function useBlocks(first: LetterDocument, onChange: (document: LetterDocument) => void) {
  const [history, setHistory] = useState(() => begin(first))
  const [wanted, select] = useState<Selection>(LETTER)
  /** Changes that follow each other within one event build on each other. */
  const latest = useRef(history)
  const report = useRef(onChange)
  useEffect(() => {
    report.current = onChange
  })

  const go = useCallback((next: History<LetterDocument>) => {
    if (next === latest.current) return
    latest.current = next
    setHistory(next)
    report.current(next.now)
  }, [])
  /** `joint` names what is being typed in, so that typing is one step of undo. */
  const apply = useCallback(
    (make: (document: LetterDocument) => LetterDocument, joint: string | null = null) =>
      go(record(latest.current, make(latest.current.now), joint, Date.now())),
    [go],
  )
  return {
    document: history.now,
    selection: selected(history.now, wanted),
    select,
    apply,
    current: useCallback(() => latest.current.now, []),
    undo: useCallback(() => go(undo(latest.current)), [go]),
    redo: useCallback(() => go(redo(latest.current)), [go]),
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
  }
}
export type Blocks = ReturnType<typeof useBlocks>
