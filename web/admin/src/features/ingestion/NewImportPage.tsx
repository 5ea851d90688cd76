import { Button, FileButton, Progress, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconUpload } from '@tabler/icons-react'
import { useRef, useState } from 'react'

import { Page, Panel } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import { uploadImportFile } from '../../lib/api/endpoints/imports'
import type { ImportFile } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import css from './Import.module.css'
import { Mapping } from './Mapping'

/** First the file, then how it is read, with the result of each choice in sight. */
export function NewImportPage() {
  const { t } = useLingui()
  const [file, setFile] = useState<ImportFile | null>(null)
  return (
    <Page title={t`Import a file`} back={{ href: '/imports', label: t`Imports` }}>
      <Stack gap={16}>
        {file ? (
          <Mapping key={file.file_id} file={file} onOther={() => setFile(null)} />
        ) : (
          <Upload onDone={setFile} />
        )}
      </Stack>
    </Page>
  )
}

function Upload({ onDone }: { onDone: (file: ImportFile) => void }) {
  const { t } = useLingui()
  const format = useFormat()
  const [progress, setProgress] = useState<{ name: string; size: number; share: number } | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [isOver, setOver] = useState(false)
  const cancel = useRef<() => void>(() => undefined)
  const start = (file: File | null | undefined) => {
    if (!file) return
    setError(null)
    setProgress({ name: file.name, size: file.size, share: 0 })
    const upload = uploadImportFile(file, (share) =>
      setProgress({ name: file.name, size: file.size, share }),
    )
    cancel.current = upload.cancel
    upload.done
      .then(onDone)
      .catch((reason: unknown) => {
        if (!(reason instanceof DOMException)) setError(reason)
      })
      .finally(() => setProgress(null))
  }
  return (
    <Panel title={t`File`}>
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
        {progress ? (
          <Stack gap={8} w="100%" maw={420}>
            <span>
              {progress.name}, {format.bytes(progress.size)}
            </span>
            <Progress value={progress.share * 100} size={8} aria-label={t`Upload`} />
            <Button variant="subtle" color="gray" onClick={() => cancel.current()}>
              <Trans>Cancel</Trans>
            </Button>
          </Stack>
        ) : (
          <>
            <FileButton onChange={start} accept=".csv,.tsv,.txt,.jsonl,.ndjson,.xlsx,.gz,text/csv">
              {(props) => (
                <Button {...props} leftSection={<IconUpload size={16} />}>
                  <Trans>Choose a file</Trans>
                </Button>
              )}
            </FileButton>
            <span style={{ color: 'var(--text-dim)', fontSize: 13 }}>
              <Trans>or drop it here: CSV, XLSX or JSON lines up to 2 GB, also packed by gzip or ZIP</Trans>
            </span>
            <span style={{ color: 'var(--text-dim)', fontSize: 13, maxWidth: 520 }}>
              <Trans>
                Customers, orders, events, consents or a stop list. Exports of Mailchimp, Klaviyo,
                Unisender, Brevo, listmonk, Lemon Squeezy and Shopify are recognised by themselves.
              </Trans>
            </span>
          </>
        )}
      </div>
      {error !== null && (
        <div style={{ marginTop: 12 }}>
          <ErrorNote error={error} />
        </div>
      )}
    </Panel>
  )
}
