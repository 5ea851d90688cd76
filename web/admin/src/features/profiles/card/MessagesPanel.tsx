import { Button, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { Panel } from '../../../components/Page'
import { useReasonText } from '../../../components/reasons'
import { SentLetterButton } from '../../../components/SentLetter'
import { ErrorNote, StateLabel, type Tone } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { profileMessagesQuery } from '../../../lib/api/endpoints/profiles'
import css from './Card.module.css'
import { SendingState } from './SendingState'

const TRANSACTIONAL = 'transactional'

const TONES: Record<string, Tone> = {
  sent: 'good',
  bounced: 'bad',
  failed: 'bad',
  in_doubt: 'warn',
  skipped: 'dim',
  control: 'idle',
  planned: 'idle',
}

/** Letters that went, and those that were held back with the reason. */
export function MessagesPanel({ id }: { id: number }) {
  const { t } = useLingui()
  const reasonText = useReasonText()
  const list = useInfiniteQuery(profileMessagesQuery(id))
  const messages = list.data?.pages.flatMap((page) => page.items)
  const states: Record<string, string> = {
    planned: t`Waiting`,
    sent: t({ context: 'letter', message: 'Sent' }),
    bounced: t({ context: 'letter', message: 'Not accepted' }),
    failed: t`Not sent`,
    skipped: t`Left out`,
    in_doubt: t`In doubt`,
    control: t`Control group`,
  }
  return (
    <Panel title={t`Messages`}>
      <SendingState id={id} />
      {list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
      {!messages && !list.error && <Skeleton height={60} />}
      {messages?.length === 0 && (
        <span className={css.dim}>
          <Trans>Nothing was sent yet.</Trans>
        </span>
      )}
      <ul className={css.plain}>
        {messages?.map((message) => (
          <li key={message.message_id} className={css.between}>
            <span>
              <AppLink href={`/mailings/${message.source_kind === TRANSACTIONAL ? 'transactional/' : ''}${message.source_id}`}>
                {message.subject || t`Mailing, variant ${message.variant}`}
              </AppLink>
              {message.source_kind === TRANSACTIONAL && message.variant && message.state !== 'planned' && (
                <div>
                  <SentLetterButton of={message.message_id} />
                </div>
              )}
              {message.reason && message.reason !== 'control_group' && (
                <div className={css.dim}>{reasonText(message.reason, message.reason_text)}</div>
              )}
            </span>
            <span style={{ display: 'inline-flex', gap: 16, flex: 'none' }}>
              <StateLabel tone={TONES[message.state] ?? 'dim'}>{states[message.state] ?? message.state}</StateLabel>
              <span className={css.dim}>
                <Ago at={message.at ?? message.created_at} />
              </span>
            </span>
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <Button mt={12} variant="default" size="compact-sm" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          <Trans>Show more</Trans>
        </Button>
      )}
    </Panel>
  )
}
