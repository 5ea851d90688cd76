/** Secrets that were just made: the server shows each once, and here they live as long as the page. */

import { useSyncExternalStore } from 'react'

const fresh = new Map<string, string>()
const listeners = new Set<() => void>()

export function keepSecret(sourceId: string, secret: string | null): void {
  if (secret === null) fresh.delete(sourceId)
  else fresh.set(sourceId, secret)
  for (const listener of listeners) listener()
}

export function useFreshSecret(sourceId: string): string | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => fresh.get(sourceId) ?? null,
  )
}
