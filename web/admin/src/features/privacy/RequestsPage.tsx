import { Button, SegmentedControl, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { type Column, DataTable } from '../../components/DataTable'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote, StateLabel } from '../../components/States'
import { erasuresQuery, personRequestsQuery } from '../../lib/api/endpoints/privacy'
import type { Erasure, PersonRequest, RequestState } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { ErasureDialog } from './ErasureDialog'
import { NewRequestDialog } from './NewRequestDialog'
import { RequestDialog } from './RequestDialog'
import { URGENCY_TONES, useCountdown, useDay, usePrivacyWords } from './words'

const route = getRouteApi('/inside/requests')
const TABS = ['open', 'answered', 'refused', 'erasures'] as const

/** What people ask of the company about their data, with the terms of the law counted down. */
export function RequestsPage() {
  const { t } = useLingui()
  const may = useAccess()
  const { tab = 'open' } = route.useSearch()
  const navigate = route.useNavigate()
  const [isAdding, setAdding] = useState(false)
  const names: Record<(typeof TABS)[number], string> = {
    open: t`Open`,
    answered: t`Answered`,
    refused: t`Refused`,
    erasures: t`Erasures`,
  }
  const add = may('edit') && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
      <Trans>Enter a request</Trans>
    </Button>
  )
  return (
    <Page
      title={t`Requests`}
      subtitle={t`What people ask about their data, and by when the law wants an answer.`}
      actions={add}
    >
      <Stack gap={12}>
        <SegmentedControl
          style={{ alignSelf: 'flex-start', maxWidth: '100%', overflowX: 'auto' }}
          aria-label={t`Kind of list`}
          value={tab}
          data={TABS.map((value) => ({ value, label: names[value] }))}
          onChange={(value) => void navigate({ search: { tab: value === 'open' ? undefined : value }, replace: true })}
        />
        {tab === 'erasures' ? <Erasures /> : <Requests state={tab as RequestState} add={add} />}
      </Stack>
      {isAdding && <NewRequestDialog onClose={() => setAdding(false)} />}
    </Page>
  )
}

function Requests({ state, add }: { state: RequestState; add: ReactNode }) {
  const { t } = useLingui()
  const format = useFormat()
  const words = usePrivacyWords()
  const countdown = useCountdown()
  const day = useDay()
  const list = useInfiniteQuery(personRequestsQuery(state))
  const [opened, setOpened] = useState<PersonRequest | null>(null)
  const isOpen = state === 'open'
  const columns: Column<PersonRequest>[] = [
    {
      id: 'kind',
      header: t`Request`,
      render: (row) => (
        <>
          <span style={{ fontWeight: 500 }}>
            {row.number}. {words.kinds[row.kind]}
          </span>
          <div style={{ fontSize: 13, color: 'var(--text-dim)' }}>
            {words.laws[row.law]}, {t`art. ${row.article}`}
          </div>
        </>
      ),
    },
    {
      id: 'due',
      header: isOpen ? t`Term` : t`Answer`,
      render: (row) =>
        isOpen ? (
          <>
            <StateLabel tone={URGENCY_TONES[row.urgency]}>{countdown(row)}</StateLabel>
            <div style={{ fontSize: 13, color: 'var(--text-dim)' }}>
              {t`by ${day(row.due_on)}`}
              {row.extension_reason && ` · ${t`extended`}`}
            </div>
          </>
        ) : (
          row.answer || NOTHING
        ),
    },
    {
      id: 'who',
      header: t`Who asks`,
      hide: 'sm',
      render: (row) =>
        row.profile_id ? (
          <AppLink href={`/customers/${row.profile_id}`}>{t`customer ${row.profile_id}`}</AppLink>
        ) : (
          row.person || NOTHING
        ),
    },
    { id: 'received', header: t`Received`, hide: 'sm', render: (row) => day(row.received_on) },
    ...(isOpen
      ? []
      : [
          {
            id: 'by',
            header: t`Who answered`,
            hide: 'md' as const,
            render: (row: PersonRequest) => (
              <>
                {row.answered_by ?? NOTHING}
                {row.answered_at && `, ${format.date(row.answered_at)}`}
              </>
            ),
          },
        ]),
  ]
  return (
    <Panel flush>
      <DataTable
        label={t`Requests`}
        columns={columns}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowKey={(row) => row.id}
        onOpen={setOpened}
        more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
        empty={
          isOpen ? (
            <Empty title={t`No request waits for an answer`} action={add}>
              <Trans>
                When somebody asks for their data, wants it corrected or erased, or will have no more
                advertising, enter it here: the term is counted by itself.
              </Trans>
            </Empty>
          ) : (
            <Empty title={t`Nothing here yet`} />
          )
        }
      />
      {opened && <RequestDialog request={opened} onClose={() => setOpened(null)} />}
    </Panel>
  )
}

function Erasures() {
  const { t } = useLingui()
  const format = useFormat()
  const words = usePrivacyWords()
  const list = useInfiniteQuery(erasuresQuery)
  const [opened, setOpened] = useState<string | null>(null)
  const rows = list.data?.pages.flatMap((page) => page.items)
  const shown = rows?.find((row) => row.id === opened)
  const columns: Column<Erasure>[] = [
    {
      id: 'number',
      header: t`Act`,
      render: (row) => (
        <>
          <span style={{ fontWeight: 500 }}>{t`Act ${row.number}`}</span>
          <div style={{ fontSize: 13, color: 'var(--text-dim)' }}>{t`customer ${row.profile_id}`}</div>
        </>
      ),
    },
    { id: 'state', header: t`State`, render: (row) => <ErasureState erasure={row} /> },
    { id: 'basis', header: t`Basis`, hide: 'md', render: (row) => words.bases[row.basis] },
    { id: 'who', header: t`Who ordered`, hide: 'sm', render: (row) => row.asked_by ?? NOTHING },
    { id: 'at', header: t`Ordered`, hide: 'sm', render: (row) => format.date(row.asked_at) },
  ]
  return (
    <Panel flush>
      <DataTable
        label={t`Erasures`}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        onOpen={(row) => setOpened(row.id)}
        more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
        empty={
          <Empty title={t`Nobody was erased`}>
            <Trans>A customer is erased from the card. Every erasure leaves an act for the file.</Trans>
          </Empty>
        }
      />
      {shown && <ErasureDialog erasure={shown} onClose={() => setOpened(null)} />}
    </Panel>
  )
}

export function ErasureState({ erasure }: { erasure: Erasure }) {
  const { t } = useLingui()
  const format = useFormat()
  if (erasure.state === 'done') {
    return (
      <StateLabel tone="good">
        {erasure.finished_at ? t`destroyed ${format.date(erasure.finished_at)}` : t`destroyed`}
      </StateLabel>
    )
  }
  return (
    <StateLabel tone="live">
      {erasure.waits_until ? t`going on, next step ${format.dateTime(erasure.waits_until)}` : t`going on`}
    </StateLabel>
  )
}
