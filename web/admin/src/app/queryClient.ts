import { QueryCache, QueryClient } from '@tanstack/react-query'

import { ApiError, Offline } from '../lib/api/client'

/** Called when the session has ended while the page was open. */
let onSignedOut: () => void = () => undefined
export function setOnSignedOut(handler: () => void): void {
  onSignedOut = handler
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (error instanceof ApiError && error.status === 401) onSignedOut()
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refused will be refused again; only a lost connection is tried anew.
      retry: (failures, error) => error instanceof Offline && failures < 2,
    },
  },
})
