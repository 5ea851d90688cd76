import { useEffect, useRef, useState } from 'react'

export type LiveState = 'connecting' | 'open' | 'lost'

/**
 * Listens to a stream of server-sent events while `url` is set. The browser reconnects by itself
 * and repeats the last id; `lost` tells that it is trying.
 */
export function useLive<T>(url: string | null, onMessage: (message: T, type: string) => void): LiveState {
  const [state, setState] = useState<LiveState>('connecting')
  const handler = useRef(onMessage)
  useEffect(() => {
    handler.current = onMessage
  })
  useEffect(() => {
    if (!url) return
    const source = new EventSource(url)
    const receive = (event: MessageEvent<string>) => {
      if (!event.data) return
      try {
        handler.current(JSON.parse(event.data) as T, event.type)
      } catch {
        // A damaged message is left out; the next one carries the newer state.
      }
    }
    source.onopen = () => setState('open')
    source.onerror = () => setState('lost')
    source.onmessage = receive
    for (const type of ['event', 'progress', 'state']) source.addEventListener(type, receive)
    return () => source.close()
  }, [url])
  return state
}
