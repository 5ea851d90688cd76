import { Button, Group as Row, Modal, Skeleton, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useReducer, useState } from 'react'

import { notifyUndo } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { ErrorNote, Note } from '../../components/States'
import { DateTime } from '../../components/Time'
import { segmentQuery, updateSegment } from '../../lib/api/endpoints/segments'
import type { Segment } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { AddPeople } from './AddPeople'
import { Members } from './Members'
import { definitionOf, editedOf, isComplete, reduceEdited, rootOf, sizeOf } from './model/tree'
import { Changes } from './overtime/Changes'
import css from './Segment.module.css'
import { SegmentActions } from './SegmentActions'
import { SizeHistory } from './SizeHistory'
import { isNeeded, UsedBy } from './UsedBy'
import { Workbench } from './Workbench'

const route = getRouteApi('/inside/segments/$id')

export function SegmentPage() {
  const { id } = route.useParams()
  const { data: segment, error } = useQuery(segmentQuery(id))
  if (error) throw error
  if (!segment) return <Skeleton height={320} m={24} />
  return <SegmentEditor key={segment.id} segment={segment} />
}

function SegmentEditor({ segment }: { segment: Segment }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const isDynamic = segment.kind === 'dynamic'
  const [name, setName] = useState(segment.name)
  const [description, setDescription] = useState(segment.description)
  const [edited, dispatch] = useReducer(reduceEdited, segment.definition, editedOf)
  const { root } = edited
  const [isAsked, setAsked] = useState(false)
  const definition = definitionOf(root)
  const isOther =
    isDynamic && JSON.stringify(definition) !== JSON.stringify(definitionOf(rootOf(segment.definition)))
  const isChanged = name !== segment.name || description !== segment.description || isOther
  const settle = (saved: Segment) => {
    client.setQueryData(segmentQuery(segment.id).queryKey, saved)
    void client.invalidateQueries({ queryKey: ['segments'] })
  }
  const save = useMutation({
    mutationFn: () =>
      updateSegment(segment.id, {
        name: name.trim(),
        description,
        ...(isDynamic && { definition }),
      }),
    onSuccess: (saved) => {
      setAsked(false)
      const before = segment
      settle(saved)
      notifyUndo(t`The segment is saved`, () => {
        void updateSegment(before.id, {
          name: before.name,
          description: before.description,
          ...(isDynamic && { definition: before.definition }),
        }).then((back) => {
          settle(back)
          setName(back.name)
          setDescription(back.description)
          dispatch({ do: 'reset', root: rootOf(back.definition) })
        })
      })
    },
  })
  const canSave = isChanged && name.trim() !== '' && (!isDynamic || (sizeOf(root) > 0 && isComplete(root)))

  const saveButtons = may('edit') && (
    <>
      {save.error && <ErrorNote error={save.error} />}
      <Button
        size="md"
        fullWidth
        disabled={!canSave}
        loading={save.isPending}
        onClick={() => (isNeeded(segment) && isOther ? setAsked(true) : save.mutate())}
      >
        {isChanged ? <Trans>Save the changes</Trans> : <Trans>Saved</Trans>}
      </Button>
      {isChanged && (
        <Button
          variant="subtle"
          color="gray"
          onClick={() => {
            setName(segment.name)
            setDescription(segment.description)
            dispatch({ do: 'reset', root: rootOf(segment.definition) })
          }}
        >
          <Trans>Back to the saved one</Trans>
        </Button>
      )}
    </>
  )

  const naming = may('edit') && (
    <Panel title={t`Name and purpose`}>
      <Stack gap={12}>
        <TextInput
          label={t`Name`}
          maw={480}
          value={name}
          error={name.trim() ? undefined : t`A segment needs a name`}
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
  )

  return (
    <Page
      title={segment.name}
      subtitle={segment.description || undefined}
      back={{ href: '/segments', label: t`Segments` }}
      actions={<SegmentActions segment={segment} settle={settle} />}
    >
      {segment.problem && (
        <div style={{ marginBottom: 16 }}>
          <Note level="warning">
            <Trans>
              The latest recount did not succeed ({segment.problem}); the figures are older. It will be
              tried again.
            </Trans>
          </Note>
        </div>
      )}
      {segment.archived_at && (
        <div style={{ marginBottom: 16 }}>
          <Note level="info">
            <Trans>
              In the archive since <DateTime at={segment.archived_at} />: it is not recounted and not offered.
            </Trans>
          </Note>
        </div>
      )}
      {isDynamic ? (
        <Workbench
          edited={edited}
          dispatch={dispatch}
          selfId={segment.id}
          isReadOnly={!may('edit')}
          below={
            <>
              <SizeHistory segment={segment} />
              <Changes segmentId={segment.id} />
              <Members segment={segment} />
              {naming}
            </>
          }
        >
          {saveButtons}
          <UsedBy segment={segment} />
        </Workbench>
      ) : (
        <div className={css.layout}>
          <div className={css.sections}>
            {may('edit') && <AddPeople segment={segment} />}
            <SizeHistory segment={segment} />
            <Changes segmentId={segment.id} />
            <Members segment={segment} />
            {naming}
          </div>
          <aside className={css.summary} aria-label={t`Summary`}>
            <StaticCount segment={segment} />
            {saveButtons}
            <UsedBy segment={segment} />
          </aside>
        </div>
      )}
      <Modal opened={isAsked} onClose={() => setAsked(false)} title={t`The segment is in use`}>
        <p style={{ marginTop: 0 }}>
          <Trans>Whoever uses it gets other people from now on:</Trans>
        </p>
        <UsedBy segment={segment} />
        <Row justify="flex-end" mt={16}>
          <Button variant="default" onClick={() => setAsked(false)}>
            <Trans>Cancel</Trans>
          </Button>
          <Button loading={save.isPending} onClick={() => save.mutate()}>
            <Trans>Save anyway</Trans>
          </Button>
        </Row>
      </Modal>
    </Page>
  )
}

function StaticCount({ segment }: { segment: Segment }) {
  const format = useFormat()
  return (
    <div>
      <div className={css.big}>{format.number(segment.count)}</div>
      <div className={css.dim}>
        <Trans>people in the list, changed only by hand</Trans>
      </div>
    </div>
  )
}
