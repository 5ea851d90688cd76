import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { uploadPicture } from '../../../lib/api/endpoints/blocks'
import type { Picture } from '../../../lib/api/types'

export interface Upload {
  key: string
  name: string
  /** From 0 to 1; at 1 the server is making its sizes. */
  fraction: number
  error: unknown
}

/** Pictures on their way into the library, several at a time. */
export function useUploads(onDone: (picture: Picture) => void) {
  const client = useQueryClient()
  const [uploads, setUploads] = useState<Upload[]>([])
  const put = (key: string, change: Partial<Upload>) =>
    setUploads((all) => all.map((one) => (one.key === key ? { ...one, ...change } : one)))
  const dismiss = (key: string) => setUploads((all) => all.filter((one) => one.key !== key))
  const add = (files: File[]) => {
    for (const file of files) {
      const key = crypto.randomUUID()
      setUploads((all) => [...all, { key, name: file.name, fraction: 0, error: null }])
      uploadPicture(file, (fraction) => put(key, { fraction }))
        .done.then((picture) => {
          dismiss(key)
          void client.invalidateQueries({ queryKey: ['media'] })
          onDone(picture)
        })
        .catch((error: unknown) => put(key, { error }))
    }
  }
  return { uploads, add, dismiss }
}
