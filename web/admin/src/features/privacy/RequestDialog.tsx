import { Button, Checkbox, Group, Modal, NumberInput, Stack, Textarea } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { useConsentWords } from '../../components/consentWords'
import { notifyDone } from '../../components/notify'
import { ErrorNote, StateLabel } from '../../components/States'
import { answerRequest, attachRequest, extendRequest, REQUESTS_KEY } from '../../lib/api/endpoints/privacy'
import type { PersonRequest, Purpose } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Privacy.module.css'
import { URGENCY_TONES, useCountdown, useDay, usePrivacyWords } from './words'

/** What is usually taken back with a kind of request; it can be unticked. */
const WITHDRAWN_BY: Partial<Record<PersonRequest['kind'], Purpose[]>> = {
  objection: ['advertising'],
  withdrawal: ['processing', 'advertising', 'partners'],
  stop: ['processing', 'advertising', 'partners'],
}

/** One request: who, by when, and what to do with it. */
export function RequestDialog({ request: given, onClose }: { request: PersonRequest; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const format = useFormat()
  const may = useAccess()
  const words = usePrivacyWords()
  const { purposes } = useConsentWords()
  const countdown = useCountdown()
  const day = useDay()
  const [request, setRequest] = useState(given)
  const [mode, setMode] = useState<'look' | 'answer' | 'extend'>('look')
  const [answer, setAnswer] = useState('')
  const [isRefused, setRefused] = useState(false)
  const [withdraw, setWithdraw] = useState<Purpose[]>(WITHDRAWN_BY[given.kind] ?? [])
  const [reason, setReason] = useState('')
  const [number, setNumber] = useState<number | string>('')
  const changed = (next: PersonRequest) => {
    setRequest(next)
    setMode('look')
    void client.invalidateQueries({ queryKey: REQUESTS_KEY })
  }
  const save = useMutation({
    mutationFn: () =>
      mode === 'extend'
        ? extendRequest(request.id, reason.trim())
        : answerRequest(request.id, {
            answer: answer.trim(),
            refused: isRefused,
            withdraw: isRefused || !request.profile_id ? [] : withdraw,
          }),
    onSuccess: (next) => {
      changed(next)
      if (next.state !== 'open') {
        notifyDone(t`Request ${next.number} is closed`)
        onClose()
      }
    },
  })
  const attach = useMutation({
    mutationFn: () => attachRequest(request.id, Number(number)),
    onSuccess: changed,
  })
  const isOpen = request.state === 'open'
  return (
    <Modal
      opened
      onClose={onClose}
      size={560}
      title={`${request.number}. ${words.kinds[request.kind]}`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <Stack gap={14}>
        <dl className={css.facts}>
          <dt>{t`Law`}</dt>
          <dd>
            {words.laws[request.law]}, {t`art. ${request.article}`}
          </dd>
          <dt>{t`Received`}</dt>
          <dd>{day(request.received_on)}</dd>
          <dt>{t`Term`}</dt>
          <dd>
            {day(request.due_on)}{' '}
            {isOpen && <StateLabel tone={URGENCY_TONES[request.urgency]}>{countdown(request)}</StateLabel>}
          </dd>
          {request.extension_reason && (
            <>
              <dt>{t`Why extended`}</dt>
              <dd>{request.extension_reason}</dd>
            </>
          )}
          <dt>{t`Who asks`}</dt>
          <dd>
            {request.profile_id && (
              <AppLink href={`/customers/${request.profile_id}`}>{t`customer ${request.profile_id}`}</AppLink>
            )}{' '}
            {request.person}
          </dd>
          {request.note && (
            <>
              <dt>{t`Note`}</dt>
              <dd>{request.note}</dd>
            </>
          )}
          {!isOpen && (
            <>
              <dt>{request.state === 'refused' ? t`Refusal` : t`Answer`}</dt>
              <dd>{request.answer}</dd>
              <dt>{t`Who answered`}</dt>
              <dd>
                {request.answered_by}
                {request.answered_at && `, ${format.date(request.answered_at)}`}
              </dd>
            </>
          )}
        </dl>
        {isOpen && may('edit') && request.profile_id === null && mode === 'look' && (
          <Group align="flex-end" gap={8}>
            <NumberInput
              style={{ flex: 1 }}
              label={t`Number of the customer`}
              hideControls
              allowDecimal={false}
              allowNegative={false}
              value={number}
              onChange={setNumber}
            />
            <Button variant="default" disabled={number === ''} loading={attach.isPending} onClick={() => attach.mutate()}>
              <Trans>Attach</Trans>
            </Button>
          </Group>
        )}
        {attach.error && <ErrorNote error={attach.error} />}
        {mode === 'extend' && (
          <Textarea
            label={t`Why more time is needed`}
            description={t`The person must be told this reason.`}
            data-autofocus
            autosize
            minRows={2}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
        {mode === 'answer' && (
          <>
            <Textarea
              label={t`What was answered`}
              description={t`Without names and addresses: it stays in the register.`}
              data-autofocus
              autosize
              minRows={3}
              value={answer}
              onChange={(event) => setAnswer(event.currentTarget.value)}
            />
            <Checkbox
              label={t`The request is refused`}
              checked={isRefused}
              onChange={(event) => setRefused(event.currentTarget.checked)}
            />
            {!isRefused && request.profile_id && WITHDRAWN_BY[request.kind] && (
              <Checkbox.Group
                label={t`Consents to take back now`}
                value={withdraw}
                onChange={(values) => setWithdraw(values as Purpose[])}
              >
                <Stack gap={6} mt={6}>
                  {(['advertising', 'processing', 'partners'] as const).map((purpose) => (
                    <Checkbox key={purpose} value={purpose} label={purposes[purpose]} />
                  ))}
                </Stack>
              </Checkbox.Group>
            )}
          </>
        )}
        {save.error && <ErrorNote error={save.error} />}
        {isOpen && may('edit') && (
          <Group justify="flex-end" gap={8}>
            {mode === 'look' ? (
              <>
                {request.extendable && (
                  <Button variant="default" onClick={() => setMode('extend')}>
                    <Trans>Extend the term</Trans>
                  </Button>
                )}
                <Button onClick={() => setMode('answer')}>
                  <Trans>Close with an answer</Trans>
                </Button>
              </>
            ) : (
              <>
                <Button variant="default" onClick={() => setMode('look')}>
                  <Trans>Back</Trans>
                </Button>
                <Button
                  loading={save.isPending}
                  disabled={(mode === 'extend' ? reason : answer).trim().length < 3}
                  onClick={() => save.mutate()}
                >
                  {mode === 'extend' ? t`Extend` : t`Close the request`}
                </Button>
              </>
            )}
          </Group>
        )}
      </Stack>
    </Modal>
  )
}
