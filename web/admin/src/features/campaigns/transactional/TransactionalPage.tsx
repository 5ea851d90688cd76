import { Button, Group, Menu, Modal, Select, Skeleton, Stack, Switch, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconChartBar, IconDots, IconPlayerPause, IconPlayerPlay, IconPlayerStop, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { AppLink } from '../../../components/AppLink'
import { notifyDone, notifyError } from '../../../components/notify'
import { Page, Panel } from '../../../components/Page'
import { ErrorNote, Note, useErrorText } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { sendersQuery } from '../../../lib/api/endpoints/channels'
import { letterChoicesQuery } from '../../../lib/api/endpoints/content'
import { topicsQuery } from '../../../lib/api/endpoints/privacy'
import { sendingPolicyQuery } from '../../../lib/api/endpoints/sending'
import {
  changeTransactional,
  closeTransactional,
  deleteTransactional,
  pauseTransactional,
  publishTransactional,
  resumeTransactional,
  transactionalQuery,
  transactionalsQuery,
} from '../../../lib/api/endpoints/transactional'
import type { Transactional, TransactionalChanges } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { GoalFields } from '../editor/GoalSection'
import { CodeSample } from './CodeSample'
import { Requests } from './Requests'
import css from './Transactional.module.css'
import { TransactionalStateLabel } from './words'

const route = getRouteApi('/inside/mailings/transactional/$id')

/** One transactional letter: what it sends, how programs ask for it, and what became of it. */
export function TransactionalPage() {
  const { t } = useLingui()
  const { id } = route.useParams()
  const { data: letter, error } = useQuery(transactionalQuery(id))
  if (error) throw error
  if (!letter) return <Skeleton height={320} m={24} />
  return (
    <Page
      title={letter.name}
      subtitle={letter.key}
      back={{ href: '/mailings/transactional', label: t`Transactional letters` }}
      actions={<Actions letter={letter} />}
    >
      <Stack gap={16}>
        <Summary letter={letter} />
        <Content letter={letter} />
        <TargetAction letter={letter} />
        {letter.edition > 0 && <Requests id={letter.id} />}
        <CodeSample letterKey={letter.key} />
      </Stack>
    </Page>
  )
}

function Summary({ letter }: { letter: Transactional }) {
  const { t } = useLingui()
  const format = useFormat()
  const { counts } = letter
  const figures: [string, number][] = [
    [t`Asked for`, counts?.total ?? 0],
    [t({ context: 'letter', message: 'Sent' }), counts?.sent ?? 0],
    [t`Waiting`, counts?.pending ?? 0],
    [t`Left out`, counts?.skipped ?? 0],
    [t`Not accepted`, (counts?.bounced ?? 0) + (counts?.failed ?? 0)],
    [t`In doubt`, counts?.in_doubt ?? 0],
  ]
  return (
    <Panel>
      <Stack gap={12}>
        <Group gap={12}>
          <TransactionalStateLabel letter={letter} />
          {letter.published_at && (
            <Text size="sm" c="dimmed">
              <Trans>
                Edition {format.number(letter.edition)}, published <Ago at={letter.published_at} />
              </Trans>
            </Text>
          )}
        </Group>
        <dl className={css.figures}>
          {figures.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{format.number(value)}</dd>
            </div>
          ))}
        </dl>
      </Stack>
    </Panel>
  )
}

function Content({ letter }: { letter: Transactional }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const letters = useQuery(letterChoicesQuery)
  const senders = useQuery(sendersQuery)
  const topics = useQuery(topicsQuery)
  const policy = useQuery(sendingPolicyQuery)
  const isReadOnly = !may('edit') || letter.state === 'closed'
  const save = useMutation({
    mutationFn: (changes: TransactionalChanges) => changeTransactional(letter.id, changes),
    onSuccess: (made) => client.setQueryData(transactionalQuery(letter.id).queryKey, made),
    onError: (error) => notifyError(errorText(error)),
  })
  const publish = useMutation({
    mutationFn: () => publishTransactional(letter.id),
    onSuccess: (made) => {
      client.setQueryData(transactionalQuery(letter.id).queryKey, made)
      void client.invalidateQueries({ queryKey: transactionalsQuery.queryKey })
      notifyDone(t`From now on this is what is sent`)
    },
  })
  const isFirst = letter.edition === 0
  return (
    <Panel title={t`What is sent`}>
      <Stack gap={16}>
        {letter.is_changed && letter.state !== 'closed' && (
          <Note level="warning">
            <Trans>Something was changed since it was published. Requests still get the edition before.</Trans>
          </Note>
        )}
        <Group gap={8} align="flex-end">
          <Select
            label={t`Letter`}
            w={420}
            maw="100%"
            searchable
            disabled={isReadOnly}
            placeholder={t`Choose a letter`}
            nothingFoundMessage={t`No such letter`}
            data={(letters.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            value={letter.letter_id}
            onChange={(letter_id) => save.mutate({ letter_id })}
          />
          {letter.letter_id && (
            <Button variant="default" component={AppLink} href={`/letters/${letter.letter_id}`}>
              <Trans>Open the letter</Trans>
            </Button>
          )}
        </Group>
        <Select
          label={t`Sender`}
          w={420}
          maw="100%"
          disabled={isReadOnly}
          placeholder={t`Choose a sender`}
          data={(senders.data ?? []).map(({ id, name, email }) => ({ value: id, label: `${name} <${email}>` }))}
          value={letter.sender_id}
          onChange={(sender_id) => save.mutate({ sender_id })}
        />
        <Switch
          label={t`Service message`}
          description={
            may('manage')
              ? t`No limit of frequency, quiet hours or control group holds it back. Advertising must not be sent so.`
              : t`Only an owner may change this.`
          }
          disabled={isReadOnly || !may('manage')}
          checked={letter.service}
          onChange={(event) => save.mutate({ service: event.currentTarget.checked })}
        />
        {letter.service && policy.data && !policy.data.policy.service_without_consent && (
          <Note level="info">
            <Trans>
              In this workspace service messages go only to people who agreed to letters. Whether a receipt needs that
              is said in the <AppLink href="/settings/sending-policy">sending policy</AppLink>.
            </Trans>
          </Note>
        )}
        {!letter.service && (
          <Select
            label={t`Topic`}
            description={t`Only those get the letter who agreed to it; unsubscribing ends this topic.`}
            w={420}
            maw="100%"
            disabled={isReadOnly}
            value={letter.topic_id ?? ''}
            data={[
              { value: '', label: t`The whole channel` },
              ...(topics.data ?? [])
                .filter((topic) => !topic.archived || topic.id === letter.topic_id)
                .map(({ id, name }) => ({ value: id, label: name })),
            ]}
            onChange={(topic_id) => save.mutate({ topic_id: topic_id || null })}
          />
        )}
        {publish.error && <ErrorNote error={publish.error} />}
        {may('send') && letter.state !== 'closed' && (isFirst || letter.is_changed) && (
          <Group>
            <Button loading={publish.isPending} onClick={() => publish.mutate()}>
              {isFirst ? <Trans>Publish</Trans> : <Trans>Publish the changes</Trans>}
            </Button>
          </Group>
        )}
      </Stack>
    </Panel>
  )
}

/** What its report counts beside openings and clicks; in force at once, whatever is published. */
function TargetAction({ letter }: { letter: Transactional }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const [goal, setGoal] = useState(letter.goal)
  const save = useMutation({
    mutationFn: () => changeTransactional(letter.id, { goal }),
    onSuccess: (made) => {
      client.setQueryData(transactionalQuery(letter.id).queryKey, made)
      notifyDone(t`Saved`)
    },
  })
  const isDirty = JSON.stringify(goal) !== JSON.stringify(letter.goal)
  return (
    <Panel
      id="goal"
      title={t`Target action`}
      hint={t`What people should do after the letter: pay the invoice, come back. The report counts it, with its revenue.`}
    >
      <Stack gap={12}>
        <GoalFields
          goal={goal}
          none={t`None: only openings and clicks`}
          isReadOnly={!may('edit')}
          onChange={setGoal}
        />
        {save.error && <ErrorNote error={save.error} />}
        {may('edit') && (
          <Group>
            <Button variant="default" disabled={!isDirty} loading={save.isPending} onClick={() => save.mutate()}>
              <Trans>Save</Trans>
            </Button>
          </Group>
        )}
      </Stack>
    </Panel>
  )
}

function Actions({ letter }: { letter: Transactional }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const router = useRouter()
  const errorText = useErrorText()
  const [closing, { open, close }] = useDisclosure(false)
  const { id, state } = letter
  const change = useMutation({
    mutationFn: (act: (id: string) => Promise<Transactional>) => act(id),
    onSuccess: (made) => {
      close()
      client.setQueryData(transactionalQuery(id).queryKey, made)
      void client.invalidateQueries({ queryKey: transactionalsQuery.queryKey })
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const remove = useMutation({
    mutationFn: () => deleteTransactional(id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: transactionalsQuery.queryKey, exact: true })
      router.history.push('/mailings/transactional')
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const report = letter.edition > 0 && (
    <Button component={AppLink} href={`/mailings/transactional/${id}/report`} variant="default" leftSection={<IconChartBar size={16} />}>
      <Trans>Report</Trans>
    </Button>
  )
  if (!may(state === 'draft' ? 'edit' : 'send') || state === 'closed') return report
  return (
    <>
      {report}
      {state === 'live' && (
        <Button
          variant="default"
          leftSection={<IconPlayerPause size={16} />}
          loading={change.isPending}
          onClick={() => change.mutate(pauseTransactional)}
        >
          <Trans>Pause</Trans>
        </Button>
      )}
      {state === 'paused' && (
        <Button
          leftSection={<IconPlayerPlay size={16} />}
          loading={change.isPending}
          onClick={() => change.mutate(resumeTransactional)}
        >
          <Trans>Resume</Trans>
        </Button>
      )}
      <Menu>
        <Menu.Target>
          <Button variant="default" px={8} aria-label={t`More actions`}>
            <IconDots size={18} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {state === 'draft' ? (
            <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => remove.mutate()}>
              <Trans>Delete</Trans>
            </Menu.Item>
          ) : (
            <Menu.Item color="red" leftSection={<IconPlayerStop size={16} />} onClick={open}>
              <Trans>Close for ever</Trans>
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={closing}
        onClose={close}
        title={t`Close for ever`}
        closeButtonProps={{ 'aria-label': t`Close` }}
      >
        <Stack gap={16}>
          <Text size="sm">
            <Trans>
              Programs that ask for this letter will get an error, and requests that wait are left out. What was sent
              stays in the reports.
            </Trans>
          </Text>
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={close}>
              <Trans>Cancel</Trans>
            </Button>
            <Button color="red" loading={change.isPending} onClick={() => change.mutate(closeTransactional)}>
              <Trans>Close for ever</Trans>
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
