import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'

import { AppLink } from '../../components/AppLink'
import { type Column, DataTable } from '../../components/DataTable'
import { Panel } from '../../components/Page'
import { Empty, ErrorNote } from '../../components/States'
import { DateTime } from '../../components/Time'
import { auditQuery } from '../../lib/api/endpoints/accounts'
import type { AuditEntry } from '../../lib/api/types'
import { verbOf } from './auditLine'
import { useAuditWords } from './auditWords'

const LINKS: Record<string, (id: string) => string> = {
  campaign: (id) => `/mailings/${id}`,
  segment: (id) => `/segments/${id}`,
  letter: (id) => `/letters/${id}`,
  profile: (id) => `/customers/${id}`,
  import: (id) => `/imports/${id}`,
  computed_trait: (id) => `/computed-traits/${id}`,
  source: (id) => `/sources/${id}`,
  exchange: (id) => `/sources/exchanges/${id}`,
  feed: (id) => `/catalogue/feeds/${id}`,
  forwarding: (id) => `/exports/forwarding/${id}`,
  returned_mail: (id) => `/settings/returned-mail?mail=${id}`,
}

const isGone = (action: string) => ['deleted', 'removed', 'erased'].includes(verbOf(action))

export function AuditSettings() {
  const { t } = useLingui()
  const list = useInfiniteQuery(auditQuery)
  const words = useAuditWords()
  const columns: Column<AuditEntry>[] = [
    { id: 'at', header: t`When`, render: (entry) => <DateTime at={entry.at} /> },
    { id: 'who', header: t`Who`, render: (entry) => <span style={{ whiteSpace: 'nowrap' }}>{entry.actor}</span> },
    { id: 'what', header: t`What`, render: (entry) => words.what(entry) },
    {
      id: 'object',
      header: t`Of what`,
      render: (entry) => {
        const kind = words.kind(entry)
        const link = isGone(entry.action) ? undefined : LINKS[entry.object_kind]?.(entry.object_id)
        return link ? <AppLink href={link}>{kind}</AppLink> : kind
      },
    },
    {
      id: 'detail',
      header: t`Details`,
      hide: 'md',
      render: (entry) => (
        <span style={{ fontSize: 13, color: 'var(--text-dim)' }}>
          {words.details(entry)}
        </span>
      ),
    },
  ]
  return (
    <Panel title={t`Audit log`} hint={t`Who did what in this workspace. Lines are never changed.`} flush>
      <DataTable
        label={t`Audit log`}
        columns={columns}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowKey={(entry) => entry.id}
        more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
        empty={
          <Empty title={t`Nothing here yet`}>
            <Trans>Every change of settings, segments and mailings leaves a line here.</Trans>
          </Empty>
        }
      />
    </Panel>
  )
}
