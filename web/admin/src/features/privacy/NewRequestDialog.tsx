import { Button, Group, Modal, NumberInput, Select, Stack, Textarea, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { DateField } from '../../components/DateField'
import { notifyDone } from '../../components/notify'
import { ErrorNote, Note } from '../../components/States'
import { addRequest, REQUESTS_KEY, requestTermsQuery } from '../../lib/api/endpoints/privacy'
import type { Law, RequestKind, RequestTerm } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { dayOf } from '../../lib/format/zones'
import { usePrivacyWords } from './words'

const KINDS: RequestKind[] = ['access', 'rectification', 'erasure', 'objection', 'withdrawal', 'stop']

interface NewRequestDialogProps {
  /** The customer, where the request is entered from his card. */
  profile?: number
  onClose: () => void
}

export function NewRequestDialog({ profile, onClose }: NewRequestDialogProps) {
  const { t } = useLingui()
  const client = useQueryClient()
  const words = usePrivacyWords()
  const { timeZone } = useFormat()
  const [today] = useState(() => dayOf(new Date().toISOString(), timeZone))
  const [kind, setKind] = useState<RequestKind>('access')
  const [law, setLaw] = useState<Law>('152-fz')
  const [received, setReceived] = useState<string | null>(today)
  const [person, setPerson] = useState('')
  const [number, setNumber] = useState<number | string>(profile ?? '')
  const [note, setNote] = useState('')
  const terms = useQuery(requestTermsQuery)
  const term = terms.data?.find((one) => one.kind === kind && one.law === law)
  const add = useMutation({
    mutationFn: () =>
      addRequest({
        kind,
        law,
        received_on: received ?? today,
        profile_id: typeof number === 'number' ? number : null,
        person: person.trim(),
        note: note.trim(),
      }),
    onSuccess: (request) => {
      void client.invalidateQueries({ queryKey: REQUESTS_KEY })
      notifyDone(t`Request ${request.number} is entered`)
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title={t`A person’s request`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          add.mutate()
        }}
      >
        <Stack gap={12}>
          <Select
            label={t`What is asked`}
            allowDeselect={false}
            value={kind}
            data={KINDS.map((value) => ({ value, label: words.kinds[value] }))}
            onChange={(value) => value && setKind(value)}
          />
          <Group grow align="flex-start">
            <Select
              label={t`Law`}
              allowDeselect={false}
              value={law}
              data={(['152-fz', 'gdpr'] as const).map((value) => ({ value, label: words.laws[value] }))}
              onChange={(value) => value && setLaw(value)}
            />
            <DateField
              label={t`Received`}
              w="100%"
              max={today}
              required
              withAsterisk={false}
              value={received}
              onChange={setReceived}
            />
          </Group>
          {term && (
            <Note level="info">
              <TermText term={term} />
            </Note>
          )}
          <NumberInput
            label={t`Number of the customer`}
            description={t`From the address of the card; leave it empty while it is not known.`}
            hideControls
            allowDecimal={false}
            allowNegative={false}
            value={number}
            onChange={setNumber}
          />
          <TextInput
            label={t`Who asks and how to answer`}
            description={t`Emptied when the person is erased.`}
            value={person}
            onChange={(event) => setPerson(event.currentTarget.value)}
          />
          <Textarea label={t`Note`} autosize minRows={2} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
          {add.error && <ErrorNote error={add.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" loading={add.isPending} disabled={!received || (number === '' && !person.trim())}>
              <Trans>Enter</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function TermText({ term }: { term: RequestTerm }) {
  const { t } = useLingui()
  const article = t`art. ${term.article}`
  const first =
    term.count === 0
      ? t`To be done at once, on the day of receipt (${article}).`
      : term.unit === 'working_days'
        ? t`Working days to answer: ${term.count} (${article}).`
        : term.unit === 'days'
          ? t`Days to answer: ${term.count} (${article}).`
          : t`Months to answer: ${term.count} (${article}).`
  const more =
    term.extension === 0
      ? ''
      : term.unit === 'months'
        ? t`May be extended once by ${term.extension} months, with a reason.`
        : t`May be extended once by ${term.extension} working days, with a reason.`
  return (
    <>
      {first} {more}
    </>
  )
}
