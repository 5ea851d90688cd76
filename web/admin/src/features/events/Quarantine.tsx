import { Button } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { notifyDone, notifyError } from '../../components/notify'
import { Panel } from '../../components/Page'
import { useErrorText } from '../../components/States'
import { Ago } from '../../components/Time'
import { quarantineQuery, releaseBatch } from '../../lib/api/endpoints/events'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Events.module.css'

/** Batches that could not be stored; nothing stands here while there are none. */
export function Quarantine() {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const { data } = useQuery(quarantineQuery)
  const release = useMutation({
    mutationFn: releaseBatch,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: quarantineQuery.queryKey })
      notifyDone(t`The events are being stored again`)
    },
    onError: (error) => notifyError(errorText(error)),
  })
  if (!data?.length) return null
  return (
    <Panel
      title={t`Set apart`}
      hint={t`These events were accepted, but the program failed to store them. Nothing is lost: mend the cause or update, then try again.`}
      flush
    >
      <ul className={css.list} aria-label={t`Set apart`}>
        {data.map((batch) => (
          <li key={batch.batch_id} className={css.batch}>
            <Ago at={batch.at} />
            <span className={css.name}>
              <Plural value={batch.events} one="# event" other="# events" />
            </span>
            <code className={css.cause}>{batch.error}</code>
            {may('edit') && (
              <Button
                variant="default"
                size="compact-sm"
                loading={release.isPending && release.variables === batch.batch_id}
                onClick={() => release.mutate(batch.batch_id)}
              >
                <Trans>Try again</Trans>
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  )
}
