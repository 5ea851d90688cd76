import { Skeleton, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery, useQueryClient } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { Figure, Figures } from '../../../components/Figure'
import { Panel } from '../../../components/Page'
import { useReasonText } from '../../../components/reasons'
import { MailingPace } from '../../../components/relays/MailingPace'
import { ErrorNote, Note } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { campaignQuery, liveProgressUrl, progressQuery } from '../../../lib/api/endpoints/campaigns'
import type { Campaign, Progress } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useLive } from '../../../lib/hooks/useLive'
import { MailingState } from '../states'
import css from './Progress.module.css'
import { RestPanel } from './RestPanel'

const MOVING = new Set(['preparing', 'running', 'stopping'])

/** How far the sending is; moves by itself while it goes on. */
export function MailingProgress({ campaign }: { campaign: Campaign }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const query = progressQuery(campaign.id)
  const { data, error, refetch } = useQuery(query)
  const isMoving = MOVING.has(data?.state ?? campaign.state)
  const live = useLive<Progress>(isMoving ? liveProgressUrl(campaign.id) : null, (progress) => {
    client.setQueryData(query.queryKey, progress)
    if (progress.state !== campaign.state) {
      void client.invalidateQueries({ queryKey: campaignQuery(campaign.id).queryKey, exact: true })
    }
  })
  if (error) return <ErrorNote error={error} retry={() => void refetch()} />
  return (
    <Panel
      id="progress"
      title={t`Sending`}
      actions={
        <span role="status">
          <MailingState state={data?.state ?? campaign.state} />
          {isMoving && live === 'lost' && (
            <span style={{ marginLeft: 8, fontSize: 13, color: 'var(--text-dim)' }}>
              <Trans>reconnecting…</Trans>
            </span>
          )}
        </span>
      }
    >
      {data ? <ProgressBody campaign={campaign} progress={data} /> : <Skeleton height={120} />}
    </Panel>
  )
}

function ProgressBody({ campaign, progress }: { campaign: Campaign; progress: Progress }) {
  const { id } = campaign
  const { t } = useLingui()
  const format = useFormat()
  const reasonText = useReasonText()
  const toSend = Math.max(0, progress.total - progress.control - progress.skipped)
  const handled = progress.sent + progress.bounced + progress.failed + progress.in_doubt
  const share = (count: number) => `${toSend ? (count / toSend) * 100 : 0}%`
  const people = (filter: string) => `/mailings/${id}/recipients?${filter}`
  const isFull = toSend > 0 && handled >= toSend

  return (
    <Stack gap={16}>
      <div>
        <div
          className={css.bar}
          role="progressbar"
          aria-label={t`Letters handled`}
          aria-valuemin={0}
          aria-valuemax={toSend}
          aria-valuenow={handled}
        >
          <span style={{ width: share(progress.sent), background: 'var(--accent)' }} />
          <span style={{ width: share(progress.bounced + progress.failed), background: 'var(--bad)' }} />
          <span style={{ width: share(progress.in_doubt), background: 'var(--warn)' }} />
        </div>
        <div className={css.line}>
          <span className="tnum">
            {progress.state === 'preparing' && progress.prepared < progress.total ? (
              <Trans>
                Preparing: <strong>{format.number(progress.prepared)}</strong> of{' '}
                {format.number(progress.total)}
              </Trans>
            ) : (
              <Trans>
                <strong>{format.number(handled)}</strong> of {format.number(toSend)} letters
              </Trans>
            )}
          </span>
          {!isFull && progress.rate_per_s > 0 && (
            <span className="tnum">
              <Trans>{format.number(Math.round(progress.rate_per_s))} a second</Trans>
              {progress.eta_s !== null && (
                <>
                  {', '}
                  <Trans>{format.duration(progress.eta_s)} left</Trans>
                </>
              )}
            </span>
          )}
        </div>
      </div>
      <RestPanel campaign={campaign} progress={progress} />
      {progress.trouble && (
        <Note level="warning">
          <Trans>
            The mail server says: {progress.trouble} (<Ago at={progress.trouble_at} />
            ). Sending goes on by itself when it answers.
          </Trans>
        </Note>
      )}
      {progress.state === 'running' && !isFull && <MailingPace ratePerS={campaign.rate_per_s} />}
      {progress.in_doubt > 0 && (
        <Note level="warning">
          <Trans>
            Letters in doubt: {format.number(progress.in_doubt)}. The server did not confirm that it took
            them. They will not be sent again by themselves, so that nobody gets two.
          </Trans>{' '}
          <AppLink href={people('state=in_doubt')} style={{ color: 'inherit', textDecoration: 'underline' }}>
            <Trans>Show them</Trans>
          </AppLink>
        </Note>
      )}
      <Figures>
        <Figure
          label={t({ context: 'letter', message: 'Sent' })}
          value={format.number(progress.sent)}
          href={people('state=sent')}
        />
        <Figure
          label={t`Waiting`}
          value={format.number(progress.pending + progress.sending)}
          href={people('state=planned')}
        />
        <Figure
          label={t`Not accepted`}
          value={format.number(progress.bounced)}
          href={people('state=bounced')}
        />
        <Figure label={t`Not sent`} value={format.number(progress.failed)} href={people('state=failed')} />
        <Figure label={t`Left out`} value={format.number(progress.skipped)} href={people('state=skipped')} />
        <Figure
          label={t`Control group`}
          value={format.number(progress.control)}
          href={people('state=control')}
        />
      </Figures>
      {progress.by_reason.length > 0 && (
        <details>
          <summary style={{ cursor: 'pointer', fontSize: 13 }}>
            <Trans>Why letters were left out or not accepted</Trans>
          </summary>
          <ul style={{ margin: '8px 0 0', paddingLeft: 20, fontSize: 13 }} className="tnum">
            {progress.by_reason
              .filter((row) => row.reason !== 'control_group')
              .map((row) => (
                <li key={`${row.state}-${row.reason}`}>
                  <AppLink href={people(`state=${row.state}&reason=${row.reason}`)}>
                    {reasonText(row.reason)}
                  </AppLink>
                  {': '}
                  {format.number(row.count)}
                </li>
              ))}
          </ul>
        </details>
      )}
    </Stack>
  )
}
