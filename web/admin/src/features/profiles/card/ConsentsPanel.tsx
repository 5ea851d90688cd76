import { Button, Group, Menu, Modal, Select, Skeleton, Stack, Textarea } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { useConsentWords } from '../../../components/consentWords'
import { Panel } from '../../../components/Page'
import { ErrorNote, StateLabel } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { consentTextsQuery, topicsQuery } from '../../../lib/api/endpoints/privacy'
import { profileConsentsQuery, profileQuery, recordConsent } from '../../../lib/api/endpoints/profiles'
import type { ConsentState, ProfileCard } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import css from './Card.module.css'

/** Where the person stands now, and the ledger that proves it. */
export function ConsentsPanel({ card }: { card: ProfileCard }) {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const words = useConsentWords()
  const topics = useQuery(topicsQuery)
  const [ledger, { open, close }] = useDisclosure(false)
  const [change, setChange] = useState<ConsentState | null>(null)
  const subject = (channel: string, topic: string | null) =>
    topic === null
      ? words.channel(channel)
      : (topics.data?.find((row) => row.id === topic)?.name ?? words.channel(channel))
  const states: Record<string, string> = { granted: t`agreed`, withdrawn: t`withdrew`, none: t`was not asked` }
  const rows: ConsentState[] = card.consents.some((row) => row.channel === 'email' && row.topic_id === null)
    ? card.consents
    : [{ channel: 'email', topic_id: null, state: 'none', at: '', source: '' }, ...card.consents]
  return (
    <Panel
      title={t`Consents`}
      actions={
        <Button variant="subtle" size="compact-sm" onClick={open}>
          <Trans>Ledger</Trans>
        </Button>
      }
    >
      <ul className={css.plain}>
        {rows.map((row) => (
          <li key={`${row.channel}-${row.topic_id ?? ''}`} className={css.between}>
            <span>
              {subject(row.channel, row.topic_id)}
              {row.at && (
                <div className={css.dim}>
                  {format.date(row.at)}, {words.source(row.source)}
                </div>
              )}
            </span>
            {may('edit') ? (
              <Menu>
                <Menu.Target>
                  <Button variant="subtle" color="gray" size="compact-sm">
                    <ConsentLabel state={row.state} text={states[row.state] ?? row.state} />
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  {row.state !== 'granted' && (
                    <Menu.Item onClick={() => setChange({ ...row, state: 'granted' })}>
                      <Trans>Note that the person agreed</Trans>
                    </Menu.Item>
                  )}
                  {row.state !== 'withdrawn' && (
                    <Menu.Item onClick={() => setChange({ ...row, state: 'withdrawn' })}>
                      <Trans>Note that the person withdrew</Trans>
                    </Menu.Item>
                  )}
                </Menu.Dropdown>
              </Menu>
            ) : (
              <ConsentLabel state={row.state} text={states[row.state] ?? row.state} />
            )}
          </li>
        ))}
      </ul>
      <Modal
        opened={ledger}
        onClose={close}
        size={640}
        title={t`Ledger of consents`}
        closeButtonProps={{ 'aria-label': t`Close` }}
      >
        {ledger && <Ledger id={card.id} subject={subject} />}
      </Modal>
      {change && (
        <RecordDialog
          card={card}
          change={change}
          subject={subject(change.channel, change.topic_id)}
          onClose={() => setChange(null)}
        />
      )}
    </Panel>
  )
}

function ConsentLabel({ state, text }: { state: ConsentState['state']; text: string }) {
  return (
    <StateLabel tone={state === 'granted' ? 'good' : state === 'withdrawn' ? 'bad' : 'idle'}>{text}</StateLabel>
  )
}

function Ledger({ id, subject }: { id: number; subject: (channel: string, topic: string | null) => string }) {
  const { t } = useLingui()
  const words = useConsentWords()
  const textName = useTextName()
  const list = useInfiniteQuery(profileConsentsQuery(id))
  if (list.error) return <ErrorNote error={list.error} />
  if (!list.data) return <Skeleton height={120} />
  const entries = list.data.pages.flatMap((page) => page.items)
  return (
    <>
      <p className={css.dim} style={{ marginTop: 0 }}>
        <Trans>Lines are only added, never changed: this is the proof of consent.</Trans>
      </p>
      <ul className={css.plain}>
        {entries.map((entry) => (
          <li key={entry.id} className={css.between}>
            <span>
              <strong style={{ fontWeight: 500 }}>{subject(entry.channel, entry.topic_id)}</strong>:{' '}
              {entry.action === 'granted' ? t`agreed` : t`withdrew`}
              <div className={css.dim}>
                {words.source(entry.source)}
                {entry.ip && `, IP ${entry.ip}`}
                {entry.text_id && `, ${textName(entry.text_id)}`}
                {entry.proof && `, ${Object.values(entry.proof).join(', ')}`}
              </div>
            </span>
            <span className={css.dim} style={{ flex: 'none' }}>
              <DateTime at={entry.at} />
            </span>
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <Button mt={12} variant="default" size="compact-sm" onClick={() => void list.fetchNextPage()}>
          <Trans>Show more</Trans>
        </Button>
      )}
    </>
  )
}

/** The name and version of a text that people agree to, by its id. */
function useTextName(): (id: string) => string {
  const { t } = useLingui()
  const { data: texts } = useQuery(consentTextsQuery)
  return (id) => {
    const text = texts?.find((one) => one.id === id)
    return text ? t`“${text.name}”, version ${text.version}` : t`text ${id}`
  }
}

interface RecordDialogProps {
  card: ProfileCard
  change: ConsentState
  subject: string
  onClose: () => void
}

/** A line of the ledger cannot be undone, so it is asked what proves it. */
function RecordDialog({ card, change, subject, onClose }: RecordDialogProps) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [proof, setProof] = useState('')
  const [textId, setTextId] = useState<string | null>(null)
  const textName = useTextName()
  const texts = useQuery(consentTextsQuery)
  const record = useMutation({
    mutationFn: () =>
      recordConsent(card.id, {
        channel: change.channel,
        topic_id: change.topic_id,
        action: change.state === 'granted' ? 'granted' : 'withdrawn',
        proof: proof.trim() ? { note: proof.trim() } : null,
        text_id: textId,
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: profileQuery(card.id).queryKey })
      onClose()
    },
  })
  const isGrant = change.state === 'granted'
  return (
    <Modal
      opened
      onClose={onClose}
      title={isGrant ? t`${subject}: the person agreed` : t`${subject}: the person withdrew`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <Stack gap={12}>
        <Textarea
          label={t`How it is known`}
          description={
            isGrant
              ? t`For example: a signed form, a recorded call. In a dispute you prove the consent.`
              : t`For example: asked by phone.`
          }
          data-autofocus
          value={proof}
          onChange={(event) => setProof(event.currentTarget.value)}
        />
        {isGrant && texts.data && texts.data.length > 0 && (
          <Select
            label={t`What they read`}
            placeholder={t`No text was shown`}
            clearable
            clearButtonProps={{ 'aria-label': t`No text was shown` }}
            value={textId}
            data={texts.data.map((text) => ({ value: text.id, label: textName(text.id) }))}
            onChange={setTextId}
          />
        )}
        {record.error && <ErrorNote error={record.error} />}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button
            disabled={isGrant && !proof.trim()}
            loading={record.isPending}
            onClick={() => record.mutate()}
          >
            <Trans>Write into the ledger</Trans>
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
