import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'

import { notifyError, notifyUndo } from './notify'
import { useErrorText } from './States'

const GRACE_MS = 6000

/**
 * Deleting with an undo: the row disappears at once and the request is sent when the time to
 * change one's mind is over, or when the page is left.
 */
export function useDeferredDelete<Id extends string | number>(
  remove: (id: Id) => Promise<unknown>,
  invalidate: readonly unknown[],
) {
  const client = useQueryClient()
  const errorText = useErrorText()
  const [hidden, setHidden] = useState<ReadonlySet<Id>>(new Set())
  const waiting = useRef(new Map<Id, ReturnType<typeof setTimeout>>())

  const show = (id: Id) =>
    setHidden((ids) => {
      const next = new Set(ids)
      next.delete(id)
      return next
    })
  const commit = useRef<(id: Id) => void>(() => undefined)
  useEffect(() => {
    commit.current = (id) => {
      waiting.current.delete(id)
      remove(id)
        .catch((error: unknown) => {
          show(id)
          notifyError(errorText(error))
        })
        .finally(() => void client.invalidateQueries({ queryKey: invalidate }))
    }
  })
  useEffect(() => {
    const timers = waiting.current
    return () => {
      for (const [id, timer] of timers) {
        clearTimeout(timer)
        commit.current(id)
      }
    }
  }, [])

  const hide = (id: Id, message: string) => {
    setHidden((ids) => new Set(ids).add(id))
    waiting.current.set(
      id,
      setTimeout(() => commit.current(id), GRACE_MS),
    )
    notifyUndo(message, () => {
      const timer = waiting.current.get(id)
      if (timer === undefined) return
      clearTimeout(timer)
      waiting.current.delete(id)
      show(id)
    })
  }
  return { hidden, hide }
}
