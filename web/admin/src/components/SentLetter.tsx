import { Button, Modal, SegmentedControl, Skeleton, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconMailOpened } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { messageLetterQuery } from '../lib/api/endpoints/transactional'
import { useFormat } from '../lib/format/useFormat'
import { useAccess } from '../lib/hooks/useAccess'
import { JsonView } from './JsonView'
import css from './SentLetter.module.css'
import { ErrorNote, Note } from './States'
import { DateTime } from './Time'

type Part = 'letter' | 'text' | 'data'

/** Shows one letter that a program asked for, as it was sent; `of`: its request, or its message. */
export function SentLetterButton({ of }: { of: string | number }) {
  const { t } = useLingui()
  const may = useAccess()
  const [opened, { open, close }] = useDisclosure(false)
  if (!may('edit') && !may('inbox')) return null
  return (
    <>
      <Button variant="subtle" size="compact-sm" leftSection={<IconMailOpened size={14} />} onClick={open}>
        <Trans>Show the letter</Trans>
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        size="xl"
        title={t`The letter that was sent`}
        closeButtonProps={{ 'aria-label': t`Close` }}
      >
        <SentLetter of={of} />
      </Modal>
    </>
  )
}

function SentLetter({ of }: { of: string | number }) {
  const { t } = useLingui()
  const format = useFormat()
  const [part, setPart] = useState<Part>('letter')
  const { data, error, refetch } = useQuery(messageLetterQuery(of))
  if (error) return <ErrorNote error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton height={360} />
  return (
    <Stack gap={12}>
      <dl className={css.facts}>
        <dt>{t({ context: 'letter', message: 'To' })}</dt>
        <dd>{data.address || t`address erased`}</dd>
        <dt>{t`Subject`}</dt>
        <dd>{data.subject}</dd>
        <dt>{t({ context: 'transactional', message: 'Edition' })}</dt>
        <dd>{format.number(data.edition)}</dd>
        {data.at && (
          <>
            <dt>{t({ context: 'letter', message: 'When' })}</dt>
            <dd>
              <DateTime at={data.at} />
            </dd>
          </>
        )}
      </dl>
      <Note level="info">
        <Trans>
          Made again of the edition that was sent and the data of its request; values of the customer are those of now,
          and links lead nowhere. The journal notes who looked.
        </Trans>
      </Note>
      <SegmentedControl
        aria-label={t`Part of the letter`}
        value={part}
        onChange={(value) => setPart(value as Part)}
        data={[
          { value: 'letter', label: t`Letter` },
          { value: 'text', label: t({ context: 'part of a letter', message: 'Text' }) },
          { value: 'data', label: t`Data of the request` },
        ]}
      />
      {part === 'letter' &&
        (data.html ? (
          <iframe className={css.frame} title={t`Letter`} sandbox="" srcDoc={data.html} />
        ) : (
          <Note level="warning">
            <Trans>This letter can no longer be made.</Trans>
          </Note>
        ))}
      {part === 'text' && <pre className={css.text}>{data.text}</pre>}
      {part === 'data' && <JsonView value={data.data} label={t`Data of the request`} />}
    </Stack>
  )
}
