import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { type Column, DataTable } from '../../../components/DataTable'
import { Panel } from '../../../components/Page'
import { useReasonText } from '../../../components/reasons'
import { SentLetterButton } from '../../../components/SentLetter'
import { Empty, ErrorNote } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { requestedMessagesQuery } from '../../../lib/api/endpoints/transactional'
import type { RequestedMessage } from '../../../lib/api/types'
import { MessageState } from '../states'

/** What programs asked for, the newest first, and what became of it. */
export function Requests({ id }: { id: string }) {
  const { t } = useLingui()
  const reasonText = useReasonText()
  const list = useInfiniteQuery(requestedMessagesQuery(id))
  const columns: Column<RequestedMessage>[] = [
    {
      id: 'to',
      header: t({ context: 'letter', message: 'To' }),
      render: (row) => <AppLink href={`/customers/${row.profile_id}`}>{row.address || `#${row.profile_id}`}</AppLink>,
    },
    {
      id: 'state',
      header: t`State`,
      render: (row) => <MessageState state={row.state === 'asked' ? 'planned' : row.state} />,
    },
    {
      id: 'reason',
      header: t`Why`,
      hide: 'sm',
      render: (row) =>
        row.reason ? (
          <>
            {reasonText(row.reason, row.reason_text)}
            {row.answer && <div style={{ fontSize: 12, color: 'var(--text-dim)' }}>{row.answer}</div>}
          </>
        ) : null,
    },
    { id: 'key', header: t`Key of the request`, hide: 'md', render: (row) => row.key },
    {
      id: 'letter',
      header: '',
      render: (row) => (row.at && row.state !== 'skipped' && row.state !== 'planned' ? <SentLetterButton of={row.id} /> : null),
    },
    { id: 'asked', header: t`Asked for`, hide: 'sm', render: (row) => <Ago at={row.asked_at} /> },
  ]
  return (
    <Panel title={t({ context: 'transactional', message: 'Requests' })} flush>
      <DataTable
        label={t({ context: 'transactional', message: 'Requests' })}
        columns={columns}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowKey={(row) => row.id}
        error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
        more={{
          has: list.hasNextPage,
          loading: list.isFetchingNextPage,
          load: () => void list.fetchNextPage(),
        }}
        empty={
          <Empty title={t`Nobody has asked for it yet`}>
            <Trans>Requests of your programs appear here with what became of each letter.</Trans>
          </Empty>
        }
      />
    </Panel>
  )
}
