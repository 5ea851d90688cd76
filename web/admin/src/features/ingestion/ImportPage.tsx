import { Button, Progress, Skeleton, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload, IconX } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { Figure, Figures } from '../../components/Figure'
import { notifyError } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { Note, useErrorText } from '../../components/States'
import { DateTime } from '../../components/Time'
import { cancelImport, importErrorsUrl, importQuery } from '../../lib/api/endpoints/imports'
import type { Import } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { ImportStateLabel, useKindName } from './importStates'

const route = getRouteApi('/inside/imports/$id')

export function ImportPage() {
  const { id } = route.useParams()
  const { data, error } = useQuery(importQuery(id))
  if (error) throw error
  if (!data) return <Skeleton height={240} m={24} />
  return <ImportView item={data} />
}

function ImportView({ item }: { item: Import }) {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const kindName = useKindName()
  const cancel = useMutation({
    mutationFn: () => cancelImport(item.id),
    onSuccess: (changed) => client.setQueryData(importQuery(item.id).queryKey, changed),
    onError: (error) => notifyError(errorText(error)),
  })
  const isActive = item.state === 'queued' || item.state === 'running'
  const share = item.bytes_total ? item.bytes_done / item.bytes_total : 0
  return (
    <Page
      title={item.file_name}
      back={{ href: '/imports', label: t`Imports` }}
      subtitle={
        <>
          {kindName(item.kind)}
          {item.dry_run && ` · ${t`trial run, nothing is stored`}`} · <DateTime at={item.created_at} />
        </>
      }
      actions={
        <>
          {item.rows_failed > 0 && (
            <Button
              component="a"
              href={importErrorsUrl(item.id)}
              download
              variant="default"
              leftSection={<IconDownload size={16} />}
            >
              <Trans>Rows with errors</Trans>
            </Button>
          )}
          {isActive && may('edit') && (
            <Button
              variant="default"
              leftSection={<IconX size={16} />}
              loading={cancel.isPending}
              onClick={() => cancel.mutate()}
            >
              <Trans>Stop</Trans>
            </Button>
          )}
        </>
      }
    >
      <Panel title={<ImportStateLabel state={item.state} />}>
        <Stack gap={16}>
          <div>
            <Progress
              value={item.state === 'done' ? 100 : share * 100}
              size={12}
              radius={6}
              aria-label={t`Part of the file that is read`}
              color={item.state === 'failed' ? 'red' : undefined}
            />
            <div
              className="tnum"
              style={{ display: 'flex', justifyContent: 'space-between', marginTop: 8, fontSize: 13, color: 'var(--text-dim)' }}
            >
              <span>
                <Trans>
                  {format.bytes(item.bytes_done)} of {format.bytes(item.bytes_total)}
                </Trans>
              </span>
              {isActive && item.rows_per_s !== null && (
                <span>
                  <Trans>{format.number(Math.round(item.rows_per_s))} rows a second</Trans>
                  {item.eta_s !== null && (
                    <>
                      {', '}
                      <Trans>{format.duration(item.eta_s)} left</Trans>
                    </>
                  )}
                </span>
              )}
            </div>
          </div>
          {item.error && <Note level="error">{item.error}</Note>}
          {isActive && (
            <Note level="info">
              <Trans>You may close this page: the import goes on by itself.</Trans>
            </Note>
          )}
          <Figures>
            <Figure label={t`Rows read`} value={format.number(item.rows_read)} />
            <Figure label={t`Rows taken`} value={format.number(item.rows_ok)} />
            <Figure label={t`With errors`} value={format.number(item.rows_failed)} />
            {item.rows_anonymous > 0 && (
              <Figure label={t`Without a customer`} value={format.number(item.rows_anonymous)} />
            )}
            <Figure label={t`New customers`} value={format.number(item.created)} />
            <Figure label={t`Updated customers`} value={format.number(item.updated)} />
            {item.kind === 'orders' && <Figure label={t`Orders`} value={format.number(item.orders)} />}
            {item.kind === 'orders' && <Figure label={t`Returns`} value={format.number(item.refunds)} />}
          </Figures>
        </Stack>
      </Panel>
    </Page>
  )
}
