import { useCallback, useEffect, useRef, useState } from 'react'

export type Saving = 'saved' | 'dirty' | 'saving' | 'failed'

/**
 * Saves a draft a moment after the last change. One save is under way at a time; what changes
 * meanwhile goes with the next one. A failed save keeps the change and tells so.
 */
export function useAutosave<Change extends object>(
  save: (change: Change) => Promise<unknown>,
  delayMs = 500,
) {
  const [state, setState] = useState<Saving>('saved')
  const [error, setError] = useState<unknown>(null)
  const pending = useRef<Change | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const running = useRef<Promise<void> | null>(null)
  const saver = useRef(save)
  useEffect(() => {
    saver.current = save
  })

  /** Saves at once; tells whether all is saved now. */
  const flush = useCallback(async (): Promise<boolean> => {
    clearTimeout(timer.current)
    while (running.current) await running.current
    const change = pending.current
    if (!change) return true
    pending.current = null
    setState('saving')
    running.current = saver
      .current(change)
      .then(() => {
        setError(null)
        setState(pending.current ? 'dirty' : 'saved')
      })
      .catch((reason: unknown) => {
        pending.current = { ...change, ...pending.current }
        setError(reason)
        setState('failed')
      })
      .finally(() => {
        running.current = null
      })
    await running.current
    return pending.current === null
  }, [])

  const change = useCallback(
    (part: Partial<Change>) => {
      pending.current = { ...pending.current, ...part } as Change
      setState('dirty')
      clearTimeout(timer.current)
      timer.current = setTimeout(() => void flush(), delayMs)
    },
    [delayMs, flush],
  )

  /** Gives up what is not saved yet, for what somebody else has saved. */
  const drop = useCallback(() => {
    clearTimeout(timer.current)
    pending.current = null
    setError(null)
    setState('saved')
  }, [])

  useEffect(() => {
    const onLeave = (event: BeforeUnloadEvent) => {
      if (!pending.current) return
      void flush()
      event.preventDefault()
    }
    window.addEventListener('beforeunload', onLeave)
    return () => {
      window.removeEventListener('beforeunload', onLeave)
      void flush()
    }
  }, [flush])

  return { state, error, change, flush, drop }
}
