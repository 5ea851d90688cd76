import { Button, Group, Modal, NumberInput, Progress, SegmentedControl, Skeleton, Stack } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { notifyDone, notifyError } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote, Note, useErrorText } from '../../components/States'
import { Ago } from '../../components/Time'
import {
  duplicatesQuery,
  duplicatesStateQuery,
  mergeDuplicates,
  mergesPreviewQuery,
  searchDuplicates,
} from '../../lib/api/endpoints/people'
import type { DuplicatesState, PeopleRun } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { PairItem } from './duplicates/PairItem'
import css from './duplicates/Duplicates.module.css'

type View = 'likely' | 'possible' | 'refused'
const FILTERS = { likely: { least: 0.95 }, possible: { least: 0.5 }, refused: { least: 0.5, refused: true } }

/** Pairs of customers that may be one person; a marketer decides, one by one or all at once. */
export function DuplicatesPage() {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const [view, setView] = useState<View>('likely')
  const [isMerging, setMerging] = useState(false)
  const state = useQuery(duplicatesStateQuery)
  const list = useInfiniteQuery(duplicatesQuery(FILTERS[view]))
  const pairs = list.data?.pages.flatMap((page) => page.items)
  const total = list.data?.pages[0]?.total ?? 0
  const search = useMutation({
    mutationFn: searchDuplicates,
    onSuccess: (next) => client.setQueryData(duplicatesStateQuery.queryKey, next),
    onError: (error) => notifyError(errorText(error)),
  })
  const isSearching = isOpen(state.data?.search)
  return (
    <Page
      title={t`Duplicates`}
      back={{ href: '/customers', label: t`Customers` }}
      subtitle={<Trans>Customers who may be one and the same person. Nothing is merged by itself.</Trans>}
      actions={
        may('edit') && (
          <Group gap={8}>
            <Button variant="default" loading={search.isPending} disabled={isSearching} onClick={() => search.mutate()}>
              <Trans>Search now</Trans>
            </Button>
            {view !== 'refused' && total > 0 && (
              <Button onClick={() => setMerging(true)} disabled={isOpen(state.data?.merging)}>
                <Trans>Merge many</Trans>
              </Button>
            )}
          </Group>
        )
      }
    >
      {state.data && <Progresses state={state.data} onEnd={() => void client.invalidateQueries({ queryKey: ['duplicates', 'list'] })} />}
      <Panel
        title={t`Pairs`}
        actions={
          <SegmentedControl
            aria-label={t`Which pairs`}
            value={view}
            onChange={(next) => setView(next as View)}
            data={[
              { value: 'likely', label: t`Likely` },
              { value: 'possible', label: t`Possible` },
              { value: 'refused', label: t`Not the same` },
            ]}
          />
        }
      >
        {list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
        {!pairs && !list.error && <Skeleton height={200} />}
        {pairs?.length === 0 && (
          <Empty title={view === 'refused' ? t`Nobody was told apart yet` : t`No duplicates found`}>
            {state.data?.finished ? (
              <Trans>The search runs every night; press “Search now” after a large import.</Trans>
            ) : (
              <Trans>There was no search yet. It runs every night, or when you press “Search now”.</Trans>
            )}
          </Empty>
        )}
        <ul className={css.list}>
          {pairs?.map((pair) => <PairItem key={`${pair.left.id}-${pair.right.id}`} pair={pair} />)}
        </ul>
        {list.hasNextPage && (
          <Button mt={12} variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            <Trans>Show more</Trans>
          </Button>
        )}
      </Panel>
      {isMerging && <MergeMany least={FILTERS[view].least} onClose={() => setMerging(false)} />}
    </Page>
  )
}

function isOpen(run: PeopleRun | null | undefined): boolean {
  return run?.state === 'queued' || run?.state === 'running'
}

/** What is going on, what ended when, and how long it took. */
function Progresses({ state, onEnd }: { state: DuplicatesState; onEnd: () => void }) {
  const { t } = useLingui()
  const format = useFormat()
  const { search, finished, merging } = state
  const [wasOpen, setWasOpen] = useState(false)
  const open = isOpen(search) || isOpen(merging)
  if (open !== wasOpen) {
    setWasOpen(open)
    if (!open) queueMicrotask(onEnd)
  }
  const stages: Record<PeopleRun['stage'], string> = {
    '': t`Waiting to begin`,
    reading: t`Reading customers`,
    pairing: t`Pairing those who have something in common`,
    weighing: t`Learning what each agreement weighs`,
    comparing: t`Comparing pairs`,
    joining: t`Merging`,
  }
  return (
    <Stack gap={8} mb={12}>
      {isOpen(search) && search && (
        <Note level="info">
          {stages[search.stage]}
          {search.total > 0 && search.done > 0 && (
            <>
              {': '}
              <span className="tnum">
                <Trans>
                  {format.number(search.done)} of {format.number(search.total)}
                </Trans>
              </span>
              <Progress mt={8} value={(100 * search.done) / search.total} />
            </>
          )}
        </Note>
      )}
      {search?.state === 'failed' && (
        <Note level="error">
          <Trans>The last search failed. The pairs below are those found before it.</Trans>
        </Note>
      )}
      {!isOpen(search) && finished?.finished_at && finished.started_at && (
        <div className={css.dim}>
          <Trans>
            Last search <Ago at={finished.finished_at} />: {format.number(finished.counts.people ?? 0)} customers,{' '}
            {format.number(finished.counts.candidates ?? 0)} pairs compared, took{' '}
            {format.number(seconds(finished))} s
          </Trans>
        </div>
      )}
      {isOpen(merging) && merging && (
        <Note level="info">
          <Trans>Pairs are being merged.</Trans>
          {merging.total > 0 && <Progress mt={8} value={(100 * merging.done) / merging.total} />}
        </Note>
      )}
      {merging?.state === 'done' && (
        <div className={css.dim}>
          <Plural value={merging.counts.merged ?? 0} one="# customer was merged" other="# customers were merged" />{' '}
          <Ago at={merging.finished_at} />
        </div>
      )}
      {merging?.state === 'failed' && (
        <Note level="error">
          <Trans>Merging stopped halfway. What was merged can be seen on the cards; start it again for the rest.</Trans>
        </Note>
      )}
    </Stack>
  )
}

function seconds(run: PeopleRun): number {
  const took = Date.parse(run.finished_at ?? '') - Date.parse(run.started_at ?? '')
  return Math.max(1, Math.round(took / 1000))
}

/** Merging all pairs from a probability on: first how many people that are, then a yes. */
function MergeMany({ least: from, onClose }: { least: number; onClose: () => void }) {
  const { t } = useLingui()
  const format = useFormat()
  const client = useQueryClient()
  const [percent, setPercent] = useState<number>(Math.max(from * 100, 99))
  const least = percent / 100
  const isValid = percent >= 50 && percent <= 100
  const told = useQuery(mergesPreviewQuery(isValid ? least : null))
  const merge = useMutation({
    mutationFn: () => mergeDuplicates(least, told.data?.people ?? 0),
    onSuccess: (state) => {
      client.setQueryData(duplicatesStateQuery.queryKey, state)
      notifyDone(t`Merging has begun`)
      onClose()
    },
    onError: () => void told.refetch(),
  })
  const people = told.data?.people ?? 0
  return (
    <Modal opened onClose={onClose} title={t`Merge many`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <Stack gap={12}>
        <NumberInput
          label={t`All pairs with a probability from, %`}
          description={t`Who has a user id stays, otherwise who has been known longer. Each merge can be undone on the card.`}
          min={50}
          max={100}
          decimalScale={1}
          value={percent}
          onChange={(value) => setPercent(Number(value))}
        />
        {told.error && <ErrorNote error={told.error} />}
        {told.data && people > 0 && (
          <p className={css.large}>
            <Trans>
              {format.number(people)} customers become {format.number(told.data.into)}
            </Trans>
          </p>
        )}
        {told.data && people === 0 && (
          <Note level="info">
            <Trans>There is no such pair.</Trans>
          </Note>
        )}
        {told.data && told.data.two_users > 0 && (
          <Note level="warning">
            <Plural
              value={told.data.two_users}
              one="# of them will have several user ids: two accounts of one person."
              other="# of them will have several user ids: two accounts of one person."
            />
          </Note>
        )}
        {told.data && told.data.left_out > 0 && (
          <Note level="info">
            <Plural
              value={told.data.left_out}
              one="# pair is left out: it would make one person of too many, or of two who were told apart."
              other="# pairs are left out: they would make one person of too many, or of two who were told apart."
            />
          </Note>
        )}
        {merge.error && <ErrorNote error={merge.error} />}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button disabled={!people || told.isFetching} loading={merge.isPending} onClick={() => merge.mutate()}>
            <Trans>Merge {format.number(people)} customers</Trans>
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
