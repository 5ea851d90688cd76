import { Button, Drawer, Group, SegmentedControl, Skeleton, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { AppLink } from '../../../components/AppLink'
import { notifyDone, notifyError } from '../../../components/notify'
import { useReasonText } from '../../../components/reasons'
import { Empty, ErrorNote, Note, StateLabel, useErrorText } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import {
  judgeReturnedAgain,
  liftReturnedStop,
  RETURNED_KEY,
  returnedMailQuery,
  returnedSourceQuery,
} from '../../../lib/api/endpoints/returns'
import type { ReturnedMailCard } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'
import css from './Returns.module.css'
import { LetterLink } from './ReturnedMailSettings'
import { useConsequences, useReturnKinds, useReturnVerdicts, VERDICT_TONES } from './words'

/** One mail: why it was judged so, what followed, its text, and what can be taken back. */
export function ReturnedMail({ id, onClose }: { id: number; onClose: () => void }) {
  const { t } = useLingui()
  const { data, error, refetch } = useQuery(returnedMailQuery(id))
  const kinds = useReturnKinds()
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={data ? kinds[data.mail.kind] : t`Returned mail`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      {error ? (
        <ErrorNote error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Skeleton height={320} />
      ) : (
        <Stack gap={20}>
          <Facts card={data} />
          <Followed card={data} />
          <Source id={id} isReport={data.mail.came_by === 'report'} />
        </Stack>
      )}
    </Drawer>
  )
}

function Facts({ card }: { card: ReturnedMailCard }) {
  const { t } = useLingui()
  const verdicts = useReturnVerdicts()
  const reasonText = useReasonText()
  const { mail, person, letter } = card
  const ways = {
    '': '',
    smtp: t`to the mail server of Otklik`,
    imap: t`from a mailbox`,
    report: t`as a report of a sending service`,
  }
  const proofs = {
    '': t`It leads to no letter of ours.`,
    mark: t`The letter is known by its signed mark, which the service gave back.`,
    return_path: t`The letter is known by the signed address that the mail came to.`,
    message_id: t`The letter is known by its signed number, which the mail returns.`,
    address: t`The letter is the last one that went to the address which the service named.`,
  }
  return (
    <dl className={css.facts}>
      <dt>{t({ context: 'mail', message: 'Verdict' })}</dt>
      <dd>
        {mail.kind === 'reply' ? (
          t`A person wrote it; there is nothing to judge.`
        ) : (
          <>
            <StateLabel tone={VERDICT_TONES[mail.verdict]}>{verdicts[mail.verdict]}</StateLabel>
            {mail.reason && `: ${reasonText(mail.reason, mail.reason_text)}`}
          </>
        )}
      </dd>
      {(mail.diagnostic || mail.status) && (
        <>
          <dt>{t`Because it says`}</dt>
          <dd className={css.quote}>
            {mail.status && <strong>{mail.status} </strong>}
            {mail.diagnostic}
          </dd>
        </>
      )}
      <dt>{t`Belongs to`}</dt>
      <dd>
        {letter && (
          <>
            <LetterLink letter={letter} />
            <br />
          </>
        )}
        <span className={css.dim}>{proofs[mail.found_by]}</span>
      </dd>
      {person && (
        <>
          <dt>{t`Customer`}</dt>
          <dd>
            <AppLink href={`/customers/${person.profile_id}`}>
              <bdi>{person.name || person.email || `#${person.profile_id}`}</bdi>
            </AppLink>
          </dd>
        </>
      )}
      <dt>{t`Came`}</dt>
      <dd>
        <DateTime at={mail.received_at} /> {ways[mail.came_by]}
      </dd>
      {mail.forward_to && (
        <>
          <dt>{t`Sent on to`}</dt>
          <dd>
            {mail.forward_to},{' '}
            {mail.forwarded_at ? <DateTime at={mail.forwarded_at} /> : t`waits for the SMTP server`}
          </dd>
        </>
      )}
    </dl>
  )
}

function Followed({ card }: { card: ReturnedMailCard }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const told = useConsequences()
  const { mail, stop } = card
  const onSuccess = (next: ReturnedMailCard) => {
    client.setQueryData(returnedMailQuery(mail.id).queryKey, next)
    void client.invalidateQueries({ queryKey: [...RETURNED_KEY, 'list'] })
    void client.invalidateQueries({ queryKey: ['suppressions'] })
  }
  const onError = (error: unknown) => notifyError(errorText(error))
  const judge = useMutation({
    mutationFn: () => judgeReturnedAgain(mail.id),
    onSuccess: (next) => {
      onSuccess(next)
      const isSame = next.mail.verdict === mail.verdict && next.mail.reason === mail.reason
      notifyDone(isSame ? t`Judged again: the verdict is the same` : t`Judged again: the verdict has changed`)
    },
    onError,
  })
  const lift = useMutation({
    mutationFn: () => liftReturnedStop(mail.id),
    onSuccess: (next) => {
      onSuccess(next)
      notifyDone(t`The address may get letters again`)
    },
    onError,
  })
  const isQuiet = mail.kind === 'reply' || mail.kind === 'auto_reply' || mail.kind === 'notice'
  return (
    <section>
      <h3 className={css.heading}>{t`What followed`}</h3>
      {mail.followed.length === 0 ? (
        <p className={css.dim}>
          {isQuiet ? t`Nothing: the mail is kept and changes nothing.` : t`Nothing was changed.`}
        </p>
      ) : (
        <ul className={css.followed}>
          {mail.followed.map((did, index) => (
            <li key={index}>{told(did, { count: mail.soft_count, most: card.soft_bounces_max })}</li>
          ))}
        </ul>
      )}
      {stop && (
        <Note level="warn">
          <Trans>The address is on the stop list: it gets nothing.</Trans>
          {mail.verdict === 'complaint' && (
            <>
              {' '}
              <Trans>Taking it off does not give the consent back: only the person can.</Trans>
            </>
          )}
        </Note>
      )}
      {!stop && card.soft_now > 0 && (
        <p className={css.dim}>
          <Trans>
            Not delivered in a row as of now: {card.soft_now} of {card.soft_bounces_max}.
          </Trans>
        </p>
      )}
      {mail.judged_again_at && (
        <p className={css.dim}>
          <Trans>Judged again</Trans> <DateTime at={mail.judged_again_at} />
        </p>
      )}
      <Group gap={8} mt={10}>
        {card.can_judge_again && may('edit') && (
          <Button variant="default" size="compact-sm" loading={judge.isPending} onClick={() => judge.mutate()}>
            <Trans>Judge again</Trans>
          </Button>
        )}
        {stop && may('manage') && (
          <Button variant="default" size="compact-sm" loading={lift.isPending} onClick={() => lift.mutate()}>
            <Trans>This is wrong: lift the stop</Trans>
          </Button>
        )}
      </Group>
    </section>
  )
}

type Part = 'text' | 'headers' | 'source'

/** The mail as text only: nothing of it is run, and nothing is loaded from elsewhere. */
export function Source({ id, isReport }: { id: number; isReport: boolean }) {
  const { t } = useLingui()
  const may = useAccess()
  const [part, setPart] = useState<Part>('text')
  const { data, error } = useQuery(returnedSourceQuery(id, may('inbox')))
  if (!may('inbox')) {
    return <Note level="info">{t`What people wrote can be read by those who work with conversations.`}</Note>
  }
  if (error) return <ErrorNote error={error} />
  if (!data) return <Skeleton height={160} />
  return (
    <section>
      <Group justify="space-between" mb={8}>
        <h3 className={css.heading}>{isReport ? t`The report` : t`The mail`}</h3>
        {!isReport && (
          <SegmentedControl
            size="xs"
            aria-label={t`Part of the mail`}
            value={part}
            onChange={(value) => setPart(value as Part)}
            data={[
              { value: 'text', label: t`Text` },
              { value: 'headers', label: t`Headers` },
              { value: 'source', label: t`Source` },
            ]}
          />
        )}
      </Group>
      {part === 'headers' ? (
        <dl className={css.facts}>
          {data.headers.map((header, index) => [
            <dt key={`${index}-name`}>{header.name}</dt>,
            <dd key={index} className={css.quote}>
              {header.value}
            </dd>,
          ])}
        </dl>
      ) : part === 'text' && !data.text.trim() ? (
        <Empty title={t`The mail has no text`} />
      ) : (
        <pre className={css.pre} tabIndex={0}>
          {part === 'text' ? data.text : data.source}
        </pre>
      )}
      {data.is_cut && <p className={css.dim}>{t`The mail is longer; only its beginning is shown.`}</p>}
    </section>
  )
}
