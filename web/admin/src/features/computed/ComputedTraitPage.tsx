import { ActionIcon, Button, Menu, Select, Skeleton, Stack, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDots, IconRefresh, IconTrash, IconUsersGroup } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { type Column, DataTable } from '../../components/DataTable'
import { Figure, Figures } from '../../components/Figure'
import { notifyDone, notifyError } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote, Note, useErrorText } from '../../components/States'
import { Ago, DateTime } from '../../components/Time'
import { useComputedText } from '../../components/computedText'
import {
  computedRunsQuery,
  computedTraitQuery,
  computedWhyQuery,
  deleteComputedTrait,
  recomputeComputedTrait,
  updateComputedTrait,
} from '../../lib/api/endpoints/computed'
import { profilesQuery } from '../../lib/api/endpoints/profiles'
import { createSegment } from '../../lib/api/endpoints/segments'
import type { ComputedRun, ComputedTrait } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Computed.module.css'
import { DefinitionEditor } from './editor/DefinitionEditor'
import { Facts } from './Facts'
import { type Definition, isComplete } from './model'
import { Preview } from './Preview'
import { RfmPlane } from './RfmPlane'
import { REASON_WORDS } from './words'

const route = getRouteApi('/inside/computed-traits/$id')

export function ComputedTraitPage() {
  const { id } = route.useParams()
  const { data: trait, error } = useQuery(computedTraitQuery(id))
  if (error && !trait) throw error
  if (!trait) return <Skeleton height={320} m={24} />
  return <TraitEditor key={trait.id} trait={trait} />
}

function TraitEditor({ trait }: { trait: ComputedTrait }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const saved = trait.definition as unknown as Definition
  const [title, setTitle] = useState(trait.title)
  const [definition, setDefinition] = useState(saved)
  const isRemoving = trait.state === 'removing'
  const isNew = JSON.stringify(definition) !== JSON.stringify(saved)
  const isChanged = isNew || title.trim() !== trait.title
  const save = useMutation({
    mutationFn: () => updateComputedTrait(trait.id, { title: title.trim(), ...(isNew && { definition }) }),
    onSuccess: (now) => {
      client.setQueryData(computedTraitQuery(trait.id).queryKey, now)
      setDefinition(now.definition as unknown as Definition)
      void client.invalidateQueries({ queryKey: ['computed'] })
      notifyDone(isNew ? t`Saved; the values are being computed anew` : t`Saved`)
    },
  })
  return (
    <Page
      title={trait.title || trait.name}
      subtitle={trait.outputs.join(', ')}
      back={{ href: '/computed-traits', label: t`Scores and traits` }}
      actions={!isRemoving && <Actions trait={trait} />}
    >
      {isRemoving && (
        <div style={{ marginBottom: 16 }}>
          <Note level="info">
            <Trans>The trait is being removed; its values are taken away from everybody.</Trans>
          </Note>
        </div>
      )}
      {trait.problem && (
        <div style={{ marginBottom: 16 }}>
          <Note level="warning">
            <Trans>
              The latest run did not succeed ({trait.problem}); the values are older. It will be tried again.
            </Trans>
          </Note>
        </div>
      )}
      <div className={css.layout}>
        <div className={css.sections}>
          <Numbers trait={trait} />
          <Panel title={t`What is computed`}>
            <DefinitionEditor
              definition={definition}
              onChange={setDefinition}
              isReadOnly={!may('edit') || isRemoving}
            />
          </Panel>
          {definition.kind === 'rfm' && (
            <RfmPlane definition={definition} name={isNew || isRemoving ? null : trait.name} />
          )}
          <Why trait={trait} />
          <Runs trait={trait} />
          {may('edit') && !isRemoving && (
            <Panel title={t`Name`}>
              <Stack gap={12}>
                <TextInput
                  label={t`Name`}
                  maw={480}
                  value={title}
                  onChange={(event) => setTitle(event.currentTarget.value)}
                />
                <TextInput
                  label={t`Name of the trait`}
                  description={t`Conditions and letters call it so. It can't be changed later.`}
                  maw={480}
                  value={trait.name}
                  readOnly
                />
              </Stack>
            </Panel>
          )}
        </div>
        <Preview definition={definition} name="">
          {may('edit') && !isRemoving && (
            <>
              {save.error && <ErrorNote error={save.error} />}
              <Button
                size="md"
                fullWidth
                disabled={!isChanged || !isComplete(definition)}
                loading={save.isPending}
                onClick={() => save.mutate()}
              >
                {isChanged ? <Trans>Save the changes</Trans> : <Trans>Saved</Trans>}
              </Button>
              {isChanged && (
                <Button
                  variant="subtle"
                  color="gray"
                  onClick={() => {
                    setTitle(trait.title)
                    setDefinition(saved)
                  }}
                >
                  <Trans>Back to the saved one</Trans>
                </Button>
              )}
            </>
          )}
          {trait.used_by.length > 0 && (
            <div className={css.dim}>
              <Trans>Used by</Trans>
              {trait.used_by.map((use) => (
                <div key={`${use.kind}-${use.id}`}>
                  {use.kind === 'letter' ? t`letter` : t`segment`}{' '}
                  <AppLink href={`/${use.kind === 'letter' ? 'letters' : 'segments'}/${use.id}`}>{use.name}</AppLink>
                </div>
              ))}
            </div>
          )}
        </Preview>
      </div>
    </Page>
  )
}

function Numbers({ trait }: { trait: ComputedTrait }) {
  const { t } = useLingui()
  const format = useFormat()
  const computed = trait.running ? (
    t`at this moment`
  ) : trait.computed_at ? (
    <Ago at={trait.computed_at} />
  ) : (
    t`not yet`
  )
  return (
    <Figures>
      <Figure
        label={t`People with a value`}
        value={trait.people === null ? NOTHING : format.number(trait.people)}
      />
      <Figure
        label={t`Computed`}
        value={computed}
        note={
          trait.next_at ? (
            <Trans>everybody again: {format.dateTime(trait.next_at)}</Trans>
          ) : (
            t`when new facts come`
          )
        }
      />
      <Figure
        label={t`Everybody took`}
        value={trait.took_ms === null ? NOTHING : t`${format.number(trait.took_ms)} ms`}
        note={trait.changed === null ? undefined : t`${format.number(trait.changed)} values written`}
      />
    </Figures>
  )
}

function Actions({ trait }: { trait: ComputedTrait }) {
  const { t } = useLingui()
  const may = useAccess()
  const router = useRouter()
  const client = useQueryClient()
  const errorText = useErrorText()
  const onError = (error: unknown) => notifyError(errorText(error))
  const recompute = useMutation({
    mutationFn: () => recomputeComputedTrait(trait.id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['computed'] })
      notifyDone(t`Everybody is being computed anew`)
    },
    onError,
  })
  const remove = useMutation({
    mutationFn: () => deleteComputedTrait(trait.id),
    onSuccess: () => {
      router.history.push('/computed-traits')
      void client.invalidateQueries({ queryKey: ['computed'] })
      notifyDone(t`The trait is being removed`)
    },
    onError,
  })
  const segment = useMutation({
    mutationFn: () =>
      createSegment({
        name: trait.title || trait.name,
        description: '',
        kind: 'dynamic',
        definition: { kind: 'trait', trait: trait.outputs[0] ?? trait.name, test: { op: 'is_set' } },
      }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['segments'] })
      router.history.push(`/segments/${made.id}`)
    },
    onError,
  })
  if (!may('edit')) return null
  const isUsed = trait.used_by.length > 0
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconRefresh size={16} />}
        loading={recompute.isPending || trait.running}
        onClick={() => recompute.mutate()}
      >
        <Trans>Recompute now</Trans>
      </Button>
      <Menu>
        <Menu.Target>
          <ActionIcon size={32} variant="default" aria-label={t`More actions`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconUsersGroup size={16} />} onClick={() => segment.mutate()}>
            <Trans>Make a segment of people with a value</Trans>
          </Menu.Item>
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={16} />}
            disabled={isUsed}
            onClick={() => remove.mutate()}
          >
            {isUsed ? t`In use, cannot be deleted` : t`Delete with all values`}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  )
}

function Why({ trait }: { trait: ComputedTrait }) {
  const { t } = useLingui()
  const say = useComputedText()
  const [profileId, setProfileId] = useState<string | null>(null)
  const [text, setText] = useState('')
  const [search] = useDebouncedValue(text, 250)
  const people = useInfiniteQuery(profilesQuery(search ? { search } : {}))
  const answer = useQuery(computedWhyQuery(trait.id, profileId === null ? null : Number(profileId)))
  const options = (people.data?.pages[0]?.items ?? []).map((row) => ({
    value: String(row.id),
    label: [row.name, row.email ?? row.phone].filter(Boolean).join(' · ') || `#${row.id}`,
  }))
  return (
    <Panel title={t`Why does somebody have this value?`} hint={t`By the saved definition, as of now.`}>
      <Select
        aria-label={t`Customer`}
        placeholder={t`Find a customer by name, address or phone`}
        maw={420}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': t`Clear` }}
        filter={({ options: all }) => all}
        nothingFoundMessage={t`Nobody found`}
        data={options}
        value={profileId}
        onChange={setProfileId}
        searchValue={text}
        onSearchChange={setText}
      />
      {answer.error && <ErrorNote error={answer.error} />}
      {profileId && answer.data && (
        <Stack gap={8} mt={12}>
          <div>
            <strong>{say(answer.data.why.value)}</strong>
            {say(answer.data.why.value) !== say(answer.data.stored) && (
              <span className={css.dim}>
                {' '}
                <Trans>now; {say(answer.data.stored)} by the latest run</Trans>
              </span>
            )}
          </div>
          <Facts why={answer.data.why} />
        </Stack>
      )}
    </Panel>
  )
}

function Runs({ trait }: { trait: ComputedTrait }) {
  const { t, i18n } = useLingui()
  const format = useFormat()
  const runs = useQuery(computedRunsQuery(trait.id, trait.computed_at))
  const columns: Column<ComputedRun>[] = [
    { id: 'at', header: t`When`, render: (row) => <DateTime at={row.at} /> },
    {
      id: 'reason',
      header: t`Why`,
      hide: 'sm',
      render: (row) => {
        const word = REASON_WORDS[row.reason]
        return word ? i18n._(word) : row.reason
      },
    },
    {
      id: 'considered',
      header: t`Looked at`,
      align: 'right',
      render: (row) => (row.considered === null ? t`everybody` : format.number(row.considered)),
    },
    {
      id: 'changed',
      header: t`Written`,
      align: 'right',
      render: (row) => (row.problem ? row.problem : format.number(row.changed)),
    },
    {
      id: 'took',
      header: t`Took`,
      align: 'right',
      render: (row) => t`${format.number(row.took_ms)} ms`,
    },
  ]
  return (
    <Panel title={t`Runs`} flush>
      <DataTable
        label={t`Runs`}
        storeKey="computed-runs"
        keys={false}
        columns={columns}
        rows={runs.data}
        rowKey={(row) => `${row.at}-${row.reason}`}
        error={runs.error && <ErrorNote error={runs.error} />}
        empty={
          <Empty title={t`No runs yet`}>
            <Trans>The first one begins as soon as the trait is saved.</Trans>
          </Empty>
        }
      />
    </Panel>
  )
}
