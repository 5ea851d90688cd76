import { Button, FileButton, Loader } from '@mantine/core'
import { Trans } from '@lingui/react/macro'
import { IconUpload } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'

import { ErrorNote } from '../../components/States'
import { uploadFeed } from '../../lib/api/endpoints/catalog'
import type { FeedUpload } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import css from './Catalog.module.css'

/** A place to drop a feed; the server checks it and keeps it until it is used. */
export function FeedFile({ onDone }: { onDone: (upload: FeedUpload, name: string) => void }) {
  const format = useFormat()
  const [isOver, setOver] = useState(false)
  const upload = useMutation({
    mutationFn: (file: File) => uploadFeed(file),
    onSuccess: (made, file) => onDone(made, file.name),
  })
  const start = (file: File | null | undefined) => file && upload.mutate(file)
  return (
    <>
      <div
        className={css.drop}
        data-over={isOver}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          start(event.dataTransfer.files[0])
        }}
      >
        {upload.isPending ? (
          <>
            <Loader size="sm" />
            <span>
              {upload.variables.name}, {format.bytes(upload.variables.size)}
            </span>
          </>
        ) : (
          <>
            <FileButton onChange={start} accept=".xml,.yml,.gz,.zip,text/xml,application/xml">
              {(props) => (
                <Button {...props} variant="default" leftSection={<IconUpload size={16} />}>
                  <Trans>Choose a file</Trans>
                </Button>
              )}
            </FileButton>
            <span className={css.dim}>
              <Trans>or drop it here: YML or Google Merchant, also in gzip or zip</Trans>
            </span>
          </>
        )}
      </div>
      {upload.error && <ErrorNote error={upload.error} />}
    </>
  )
}
