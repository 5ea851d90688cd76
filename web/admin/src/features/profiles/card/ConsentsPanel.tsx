import { Button, Group, Menu, Modal, Select, Skeleton, Stack, Textarea } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { useConsentWords } from '../../../components/consentWords'
import { MomentField } from '../../../components/MomentField'
import { Panel } from '../../../components/Page'
import { ErrorNote, Note, StateLabel } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { ApiError } from '../../../lib/api/client'
import { consentStatesQuery, consentTextsQuery, proofAddress, topicsQuery } from '../../../lib/api/endpoints/privacy'
import { profileConsentsQuery, profileQuery, recordConsent } from '../../../lib/api/endpoints/profiles'
import type { ConsentItem, Purpose } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { useNow } from '../../../lib/hooks/useNow'
import css from './Card.module.css'

const PURPOSES: Purpose[] = ['advertising', 'processing', 'partners']
type Standing = Pick<ConsentItem, 'purpose' | 'channel' | 'topic_id' | 'state'> &
  Partial<Pick<ConsentItem, 'at' | 'source'>>

/** Where the person stands, now or at a past moment, and the ledger that proves it. */
export function ConsentsPanel({ id }: { id: number }) {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const words = useConsentWords()
  const { purposes } = words
  const now = useNow()
  const [at, setAt] = useState<string | null>(null)
  const states = useQuery(consentStatesQuery(id, at))
  const [ledger, { open, close }] = useDisclosure(false)
  const [change, setChange] = useState<Standing | null>(null)
  const subject = useSubject()
  const stateWords: Record<string, string> = { granted: t`agreed`, withdrawn: t`withdrew`, none: t`was not asked` }
  const known: Standing[] = states.data ?? []
  // What was never spoken of can be asked for too.
  const asked = (purpose: Purpose, channel: string) =>
    known.some((row) => row.purpose === purpose && row.channel === channel && row.topic_id === null)
  const unasked: Standing[] = PURPOSES.flatMap((purpose) => {
    const channel = purpose === 'advertising' ? 'email' : ''
    return asked(purpose, channel) ? [] : [{ purpose, channel, topic_id: null, state: 'none' as const }]
  })
  const rows = [...known, ...unasked]
  return (
    <Panel
      title={t`Consents`}
      actions={
        <Button variant="subtle" size="compact-sm" onClick={open}>
          <Trans>Ledger</Trans>
        </Button>
      }
    >
      {states.error && <ErrorNote error={states.error} retry={() => void states.refetch()} />}
      {states.isPending && <Skeleton height={120} mb={12} />}
      {/* What is not known yet must not read as never asked. */}
      {(states.data ? PURPOSES : []).map((purpose) => (
        <section key={purpose} style={{ marginBottom: 12 }}>
          {/* A purpose without channels is named by its only line. */}
          {rows.some((row) => row.purpose === purpose && row.channel) && (
            <h3 className={css.dim} style={{ margin: '0 0 4px', fontWeight: 500 }}>
              {purposes[purpose]}
            </h3>
          )}
          <ul className={css.plain}>
            {rows
              .filter((row) => row.purpose === purpose)
              .map((row) => (
                <li key={`${row.channel}-${row.topic_id ?? ''}`} className={css.between}>
                  <span>
                    {subject(row)}
                    {row.at && (
                      <div className={css.dim}>
                        {format.date(row.at)}
                        {row.source && `, ${words.source(row.source)}`}
                      </div>
                    )}
                  </span>
                  {may('edit') && !at ? (
                    <Menu>
                      <Menu.Target>
                        <Button variant="subtle" color="gray" size="compact-sm">
                          <ConsentLabel state={row.state} text={stateWords[row.state] ?? row.state} />
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
                    <ConsentLabel state={row.state} text={stateWords[row.state] ?? row.state} />
                  )}
                </li>
              ))}
          </ul>
        </section>
      ))}
      <MomentField
        label={t`State at a past moment`}
        placeholder={t`Choose a day and a time`}
        description={at ? t`By what had been written down by that moment.` : undefined}
        clearable
        clearButtonProps={{ 'aria-label': t`Show the present` }}
        max={now.toISOString()}
        value={at}
        onChange={setAt}
      />
      <Modal
        opened={ledger}
        onClose={close}
        size={640}
        title={t`Ledger of consents`}
        closeButtonProps={{ 'aria-label': t`Close` }}
      >
        {ledger && <Ledger id={id} />}
      </Modal>
      {change && (
        <RecordDialog id={id} change={change} subject={subject(change)} onClose={() => setChange(null)} />
      )}
    </Panel>
  )
}

/** Names what a consent is about: a topic, a channel, or the purpose itself. */
function useSubject(): (of: Pick<ConsentItem, 'purpose' | 'channel' | 'topic_id'>) => string {
  const words = useConsentWords()
  const { purposes } = words
  const topics = useQuery(topicsQuery)
  return ({ purpose, channel, topic_id }) => {
    if (!channel) return purposes[purpose]
    const topic = topics.data?.find((row) => row.id === topic_id)
    const parent = topics.data?.find((row) => row.id === topic?.parent_id)
    if (!topic) return words.channel(channel)
    return parent ? `${parent.name}: ${topic.name}` : topic.name
  }
}

function ConsentLabel({ state, text }: { state: ConsentItem['state']; text: string }) {
  return (
    <StateLabel tone={state === 'granted' ? 'good' : state === 'withdrawn' ? 'bad' : 'idle'}>{text}</StateLabel>
  )
}

function Ledger({ id }: { id: number }) {
  const { t, i18n } = useLingui()
  const subject = useSubject()
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
      <ul className={`${css.plain} ${css.ledger}`}>
        {entries.map((entry) => (
          <li key={entry.id} className={css.between}>
            <span>
              <strong style={{ fontWeight: 500 }}>{subject(entry)}</strong>:{' '}
              {entry.action === 'granted' ? t`agreed` : t`withdrew`}
              <div className={css.dim}>
                {words.source(entry.source)}
                {entry.ip && `, IP ${entry.ip}`}
                {entry.text_id && `, ${textName(entry.text_id)}`}
                {readable(entry.proof).map((one) => `, ${one}`)}
              </div>
            </span>
            <span className={css.dim} style={{ flex: 'none' }}>
              <DateTime at={entry.at} />
              <div>
                <a
                  href={proofAddress(id, entry.id, i18n.locale === 'ru' ? 'ru' : 'en')}
                  target="_blank"
                  rel="noopener"
                >
                  <Trans>Print the proof</Trans>
                </a>
              </div>
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

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/

/** What a person can read of a proof: ids are for machines, and the printed proof has them. */
function readable(proof: Record<string, unknown> | null): string[] {
  return Object.values(proof ?? {})
    .filter((value) => value !== null && value !== '' && !UUID.test(String(value)))
    .map(String)
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
  id: number
  change: Standing
  subject: string
  onClose: () => void
}

/** A line of the ledger cannot be undone, so it is asked what proves it. */
function RecordDialog({ id, change, subject, onClose }: RecordDialogProps) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [proof, setProof] = useState('')
  const [textId, setTextId] = useState<string | null>(null)
  const textName = useTextName()
  const texts = useQuery(consentTextsQuery)
  const record = useMutation({
    mutationFn: (subtopics: 'keep' | 'grant' | null) =>
      recordConsent(id, {
        purpose: change.purpose,
        subtopics,
        channel: change.channel,
        topic_id: change.topic_id,
        action: change.state === 'granted' ? 'granted' : 'withdrawn',
        proof: proof.trim() ? { note: proof.trim() } : null,
        text_id: textId,
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: profileQuery(id).queryKey })
      void client.invalidateQueries({ queryKey: ['profiles', id, 'consent-states'] })
      onClose()
    },
  })
  const isGrant = change.state === 'granted'
  // The person refused subtopics before: whether he agrees to them too, only somebody can know.
  const mustAsk = record.error instanceof ApiError && record.error.code === 'subtopics_refused'
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
        {mustAsk ? (
          <>
            <Note level="warn">{record.error?.message}</Note>
            <Group justify="flex-end" gap={8}>
              <Button variant="default" onClick={() => record.mutate('keep')}>
                <Trans>Only the topic, subtopics stay refused</Trans>
              </Button>
              <Button onClick={() => record.mutate('grant')}>
                <Trans>Agreed to the subtopics too</Trans>
              </Button>
            </Group>
          </>
        ) : (
          <>
            {record.error && <ErrorNote error={record.error} />}
            <Group justify="flex-end" gap={8}>
              <Button variant="default" onClick={onClose}>
                <Trans>Cancel</Trans>
              </Button>
              <Button
                disabled={isGrant && !proof.trim()}
                loading={record.isPending}
                onClick={() => record.mutate(null)}
              >
                <Trans>Write into the ledger</Trans>
              </Button>
            </Group>
          </>
        )}
      </Stack>
    </Modal>
  )
}
