import { Button, FileButton, Progress, SegmentedControl, Stack, Text } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconUpload } from '@tabler/icons-react'
import { useRef, useState } from 'react'

import { Page, Panel } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import { uploadImportFile } from '../../lib/api/endpoints/imports'
import type { ImportFile, ImportKind } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import css from './Import.module.css'
import { Mapping } from './Mapping'

/** First the file, then how its columns are read, with the result of each choice in sight. */
export function NewImportPage() {
  const { t } = useLingui()
  const [kind, setKind] = useState<ImportKind>('customers')
  const [file, setFile] = useState<ImportFile | null>(null)
  return (
    <Page title={t`Import a file`} back={{ href: '/imports', label: t`Imports` }}>
      <Stack gap={16}>
        <Panel title={t`What is in the file?`}>
          <SegmentedControl
            aria-label={t`What is in the file?`}
            disabled={file !== null}
            value={kind}
            onChange={(value) => setKind(value as ImportKind)}
            data={[
              { value: 'customers', label: t`Customers` },
              { value: 'orders', label: t`Orders` },
            ]}
          />
          <Text size="sm" c="dimmed" mt={8}>
            {kind === 'customers' ? (
              <Trans>One row is one person: an id, an e-mail or a phone, and anything else you know.</Trans>
            ) : (
              <Trans>
                One row is one line of an order, or a whole order. Rows with the same number become one
                order.
              </Trans>
            )}
          </Text>
        </Panel>
        {file ? (
          <Mapping file={file} onOther={() => setFile(null)} />
        ) : (
          <Upload kind={kind} onDone={setFile} />
        )}
      </Stack>
    </Page>
  )
}

function Upload({ kind, onDone }: { kind: ImportKind; onDone: (file: ImportFile) => void }) {
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
    const upload = uploadImportFile(file, kind, (share) =>
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
              <Trans>or drop it here: CSV up to 2 GB, in any usual encoding</Trans>
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
