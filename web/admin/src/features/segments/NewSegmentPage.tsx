import { Button, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useReducer, useState } from 'react'

import { Page, Panel } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import { createSegment } from '../../lib/api/endpoints/segments'
import { ApiError } from '../../lib/api/client'
import { GroupEditor } from './builder/Builder'
import { definitionOf, isComplete, reduce, rootOf, sizeOf } from './model/tree'
import css from './Segment.module.css'
import { SegmentSummary } from './SegmentSummary'

const route = getRouteApi('/inside/segments/new')

export function NewSegmentPage() {
  const { t } = useLingui()
  const { kind } = route.useSearch()
  const isStatic = kind === 'static'
  const router = useRouter()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [root, dispatch] = useReducer(reduce, null, rootOf)
  const create = useMutation({
    mutationFn: () =>
      createSegment({
        name: name.trim(),
        description,
        kind: isStatic ? 'static' : 'dynamic',
        definition: isStatic ? null : definitionOf(root),
      }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['segments'] })
      router.history.push(`/segments/${made.id}`)
    },
  })
  const nameError = create.error instanceof ApiError ? create.error.field('name') : undefined
  const save = (
    <>
      {create.error && <ErrorNote error={create.error} />}
      <Button
        size="md"
        fullWidth
        disabled={!name.trim() || (!isStatic && (sizeOf(root) === 0 || !isComplete(root)))}
        loading={create.isPending}
        onClick={() => create.mutate()}
      >
        {isStatic ? <Trans>Create the list</Trans> : <Trans>Save the segment</Trans>}
      </Button>
      {!name.trim() && (
        <span className={css.dim}>
          <Trans>Give it a name first.</Trans>
        </span>
      )}
    </>
  )
  return (
    <Page
      title={isStatic ? t`New fixed list` : t`New segment`}
      back={{ href: '/segments', label: t`Segments` }}
    >
      <div className={css.layout}>
        <div className={css.sections}>
          <Panel>
            <Stack gap={12}>
              <TextInput
                label={t`Name`}
                placeholder={t`Bought 3 times, but not in 60 days`}
                maw={480}
                data-autofocus
                autoFocus
                value={name}
                error={nameError}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <TextInput
                label={t`What it is for`}
                maw={480}
                value={description}
                onChange={(event) => setDescription(event.currentTarget.value)}
              />
            </Stack>
          </Panel>
          {!isStatic && (
            <Panel title={t`Conditions`}>
              <GroupEditor group={root} path={[]} dispatch={dispatch} selfId={null} />
            </Panel>
          )}
        </div>
        {isStatic ? (
          <aside className={css.summary}>
            <p className={css.sentence}>
              <Trans>
                A fixed list changes only by hand. Add people to it from the list of customers: select them
                and choose “Add to a list”.
              </Trans>
            </p>
            {save}
          </aside>
        ) : (
          <SegmentSummary root={root}>{save}</SegmentSummary>
        )}
      </div>
    </Page>
  )
}
