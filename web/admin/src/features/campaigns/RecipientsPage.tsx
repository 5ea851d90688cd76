import { Group, Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { ArmMark } from '../../components/ArmMark'
import { useArmName } from '../../components/arms'
import { type Column, DataTable } from '../../components/DataTable'
import { ExportButton } from '../../components/exports/ExportButton'
import { Page, Panel } from '../../components/Page'
import { useReasonText } from '../../components/reasons'
import { Empty, ErrorNote } from '../../components/States'
import { Ago } from '../../components/Time'
import { campaignQuery, progressQuery, recipientsQuery } from '../../lib/api/endpoints/campaigns'
import type { Recipient } from '../../lib/api/types'
import { MESSAGE_STATE_NAMES, MessageState, useMessageStateName } from './states'

const route = getRouteApi('/inside/mailings/$id/recipients')

/** The people behind every figure of a mailing. */
export function RecipientsPage() {
  const { t } = useLingui()
  const { id } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const stateName = useMessageStateName()
  const armName = useArmName()
  const reasonText = useReasonText()
  const campaign = useQuery(campaignQuery(id))
  const progress = useQuery(progressQuery(id))
  const list = useInfiniteQuery(recipientsQuery(id, search))
  const set = (key: 'state' | 'reason' | 'variant', value: string | null) =>
    void navigate({
      search: (old) => ({ ...old, [key]: value ?? undefined, ...(key === 'state' && { reason: undefined }) }),
      replace: true,
    })
  const reasons = (progress.data?.by_reason ?? []).filter(
    (row) => !search.state || row.state === search.state,
  )
  const columns: Column<Recipient>[] = [
    { id: 'address', header: t`Address`, render: (row) => row.address || `#${row.profile_id}` },
    { id: 'variant', header: t`Group`, hide: 'sm', render: (row) => <ArmMark arm={row.variant} /> },
    { id: 'state', header: t`State`, render: (row) => <MessageState state={row.state} /> },
    {
      id: 'reason',
      header: t`Why`,
      hide: 'sm',
      render: (row) =>
        row.reason && row.reason !== 'control_group' ? (
          <>
            {reasonText(row.reason, row.reason_text)}
            {row.answer && <div style={{ fontSize: 12, color: 'var(--text-dim)' }}>{row.answer}</div>}
          </>
        ) : null,
    },
    { id: 'attempts', header: t`Attempts`, align: 'right', extra: true, render: (row) => row.attempts },
    { id: 'at', header: t`When`, hide: 'md', render: (row) => <Ago at={row.at} /> },
  ]
  const clear = { 'aria-label': t`Clear` }
  return (
    <Page
      title={t`Recipients`}
      back={{ href: `/mailings/${id}`, label: campaign.data?.name ?? t`Mailing` }}
      actions={<ExportButton plan={{ subject: 'messages', source_id: id }} name={campaign.data?.name ?? t`Recipients`} />}
    >
      <Panel flush>
        <DataTable
          label={t`Recipients`}
          storeKey="recipients"
          columns={columns}
          rows={list.data?.pages.flatMap((page) => page.items)}
          rowKey={(row) => row.message_id}
          href={(row) => `/customers/${row.profile_id}`}
          total={list.data?.pages[0]?.total ?? null}
          more={{
            has: list.hasNextPage,
            loading: list.isFetchingNextPage,
            load: () => void list.fetchNextPage(),
          }}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          toolbar={
            <Group gap={8}>
              <Select
                aria-label={t`State`}
                w={170}
                placeholder={t`Any state`}
                clearable
                clearButtonProps={clear}
                value={search.state ?? null}
                data={MESSAGE_STATE_NAMES.map((value) => ({ value, label: stateName(value) }))}
                onChange={(value) => set('state', value)}
              />
              {reasons.length > 0 && (
                <Select
                  aria-label={t`Why`}
                  w={240}
                  placeholder={t`Any reason`}
                  clearable
                  clearButtonProps={clear}
                  value={search.reason ?? null}
                  data={[...new Set(reasons.map((row) => row.reason))].map((value) => ({
                    value,
                    label: reasonText(value),
                  }))}
                  onChange={(value) => set('reason', value)}
                />
              )}
              <Select
                aria-label={t`Group`}
                w={180}
                placeholder={t`Any group`}
                clearable
                clearButtonProps={clear}
                value={search.variant ?? null}
                data={[
                  ...(campaign.data?.variants ?? []).map((variant) => ({
                    value: variant.key,
                    label: armName(variant.key, variant.name),
                  })),
                  { value: 'control', label: armName('control', '') },
                ]}
                onChange={(value) => set('variant', value)}
              />
            </Group>
          }
          empty={
            <Empty title={t`Nobody fits`}>
              <Trans>Choose another state or group.</Trans>
            </Empty>
          }
        />
      </Panel>
    </Page>
  )
}
