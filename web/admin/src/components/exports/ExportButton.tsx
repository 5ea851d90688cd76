import { Button, Group, Modal, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { meQuery } from '../../lib/api/endpoints/accounts'
import { createExport, exportsQuery, exportUrl } from '../../lib/api/endpoints/exports'
import type { ExportPlan } from '../../lib/api/types'
import { AppLink } from '../AppLink'
import { ErrorNote, Note } from '../States'
import { PlanFields } from './PlanFields'

interface ExportButtonProps {
  /** What the page shows: the subject, and the segment, events or mailing chosen on it. */
  plan: ExportPlan
  /** Names the file. */
  name: string
  variant?: 'default' | 'filled'
}

/** Takes out what a list shows: at once in the browser, or in the background for large ones. */
export function ExportButton({ plan, name, variant = 'default' }: ExportButtonProps) {
  const [opened, { open, close }] = useDisclosure(false)
  const { data: me } = useQuery({ ...meQuery, enabled: false })
  if (!me || me.role === 'operator') return null
  return (
    <>
      <Button variant={variant} leftSection={<IconDownload size={16} />} onClick={open}>
        <Trans>Export</Trans>
      </Button>
      {opened && <ExportForm plan={plan} name={name} onClose={close} />}
    </>
  )
}

export function ExportForm({ plan, name, onClose }: ExportButtonProps & { onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [draft, setDraft] = useState<ExportPlan>({ format: 'csv', ...plan })
  const background = useMutation({
    mutationFn: () => createExport(draft, name),
    onSuccess: () => void client.invalidateQueries({ queryKey: exportsQuery.queryKey }),
  })
  return (
    <Modal opened onClose={onClose} size="lg" title={t`Export: ${name}`} closeButtonProps={{ 'aria-label': t`Close` }}>
      {background.data ? (
        <Stack gap={12}>
          <Note level="ok">
            <Trans>The file is being written. You can leave this page; it will wait in the list of exports.</Trans>
          </Note>
          <Group justify="flex-end">
            <Button component={AppLink} href="/exports">
              <Trans>To the list of exports</Trans>
            </Button>
          </Group>
        </Stack>
      ) : (
        <Stack gap={16}>
          <PlanFields plan={draft} onChange={setDraft} withPeriod />
          <Note level="info">
            <Trans>
              Who took out what and how many rows is kept in the log of actions. In CSV an apostrophe stands before
              texts that a spreadsheet would take for a formula.
            </Trans>
          </Note>
          {background.error && <ErrorNote error={background.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" loading={background.isPending} onClick={() => background.mutate()}>
              <Trans>Prepare in the background</Trans>
            </Button>
            <Button
              component="a"
              href={exportUrl(draft.subject, draft.format ?? 'csv', draft)}
              download
              leftSection={<IconDownload size={16} />}
            >
              <Trans>Download now</Trans>
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}
