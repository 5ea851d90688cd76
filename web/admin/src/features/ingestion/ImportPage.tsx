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
import { useFieldLabel } from './ColumnField'
import { parseField } from './fields'
import { useFormatLine } from './FormatOptions'
import css from './Import.module.css'
import { ImportStateLabel, serviceName, useKindName } from './importStates'

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
  const formatLine = useFormatLine()
  const fieldLabel = useFieldLabel()
  const figures = useFigures()
  const became = (text: string | undefined) => {
    const field = parseField(text ?? 'skip')
    return field.name ? `${fieldLabel(field.kind)}: ${field.name}` : fieldLabel(field.kind)
  }
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
          {[kindName(item.kind), serviceName(item.service), formatLine(item)].filter(Boolean).join(' · ')}
          {item.dry_run && ` · ${t`trial run, nothing is stored`}`} · <DateTime at={item.created_at} />
          {' · '}
          {item.created_by ?? <Trans>command line</Trans>}
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
      <Stack gap={16}>
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
            {figures(item).map(({ label, value }) => (
              <Figure key={label} label={label} value={format.number(value)} />
            ))}
          </Figures>
          {item.rows_failed > 0 && (
            <Note level="warn">
              <Trans>
                The file of errors holds these rows as they stood, each with what is wrong. Correct it and
                import it as it is.
              </Trans>
            </Note>
          )}
          {item.dry_run && item.state === 'done' && (
            <Note level="info">
              <Trans>Nothing was stored. To import the file, go back and start it without the trial.</Trans>
            </Note>
          )}
        </Stack>
      </Panel>
      <Panel title={t`Columns`} flush>
        <div className={css.scroller}>
          <table className={css.table} aria-label={t`Columns`}>
            <tbody>
              {item.columns.map((column) => (
                <tr key={column}>
                  <th scope="row">{column}</th>
                  <td>{became(item.mapping[column])}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
      </Stack>
    </Page>
  )
}

/** What the rows became, by the kind of the import; what did not occur is left out. */
function useFigures(): (item: Import) => { label: string; value: number }[] {
  const { t } = useLingui()
  return (item) => {
    const { counts } = item
    const some = (label: string, value: number) => (value > 0 ? [{ label, value }] : [])
    const people = [
      { label: t`New customers`, value: item.created },
      { label: t`Updated customers`, value: item.updated },
    ]
    const stopped = [
      ...some(t`Added to the stop list`, counts.suppressed),
      ...some(t`Were on the stop list`, counts.suppressed_known),
    ]
    switch (item.kind) {
      case 'customers':
        return people
      case 'orders':
        return [
          { label: t`Orders`, value: item.orders },
          { label: t`Returns`, value: item.refunds },
        ]
      case 'events':
        return [{ label: t`Events`, value: counts.events }, ...some(t`Repeats`, counts.repeats), ...people]
      case 'consents':
        return [
          { label: t`Agreed`, value: counts.granted },
          { label: t`Refused`, value: counts.withdrawn },
          ...some(t`Said nothing of consent`, counts.silent),
          ...stopped,
          ...people,
        ]
      case 'suppressions':
        return stopped
    }
  }
}
