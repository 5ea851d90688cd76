import { Button, Progress, Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconCalendar, IconPlus, IconTemplate } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { AppLink } from '../../components/AppLink'
import { type Column, DataTable } from '../../components/DataTable'
import { Page, Panel } from '../../components/Page'
import { SearchInput } from '../../components/SearchInput'
import { Empty, ErrorNote } from '../../components/States'
import { Ago, DateTime } from '../../components/Time'
import { useDeferredDelete } from '../../components/useDeferredDelete'
import { campaignsQuery, deleteCampaign } from '../../lib/api/endpoints/campaigns'
import type { Campaign, CampaignState } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { wallText } from './editor/draft'
import { MailingMenu } from './MailingMenu'
import { MailingsNav } from './MailingsNav'
import { CAMPAIGN_STATES, MailingState, useCampaignStateName } from './states'

const route = getRouteApi('/inside/mailings')

export function MailingsPage() {
  const { t } = useLingui()
  const search = route.useSearch()
  const { q } = search
  const state = CAMPAIGN_STATES.find((one) => one === search.state)
  const navigate = route.useNavigate()
  const may = useAccess()
  const stateName = useCampaignStateName()
  const columns = useColumns()
  const { hidden, hide } = useDeferredDelete(deleteCampaign, ['campaigns', 'list'])
  const list = useInfiniteQuery(campaignsQuery({ ...(q && { search: q }), ...(state && { state }) }))
  const rows = list.data?.pages.flatMap((page) => page.items).filter((row) => !hidden.has(row.id))
  const isFiltered = Boolean(q ?? state)

  const newMailing = may('edit') && (
    <Button component={AppLink} href="/mailings/new" leftSection={<IconPlus size={16} />}>
      <Trans>New mailing</Trans>
    </Button>
  )

  return (
    <Page
      title={t`Mailings`}
      actions={
        <>
          <Button
            component={AppLink}
            href="/mailings/calendar"
            variant="default"
            leftSection={<IconCalendar size={16} />}
          >
            <Trans>Calendar</Trans>
          </Button>
          <Button
            component={AppLink}
            href="/mailings/templates"
            variant="default"
            leftSection={<IconTemplate size={16} />}
          >
            <Trans>Templates</Trans>
          </Button>
          {newMailing}
        </>
      }
    >
      <MailingsNav />
      <Panel flush>
        <DataTable
          label={t`Mailings`}
          storeKey="mailings"
          columns={[
            ...columns,
            ...(may('edit')
              ? [
                  {
                    id: 'menu',
                    header: '',
                    width: 48,
                    render: (row: Campaign) => (
                      <RowMenu
                        campaign={row}
                        onDelete={() => hide(row.id, t`“${row.name}” is deleted`)}
                      />
                    ),
                  },
                ]
              : []),
          ]}
          rows={rows}
          rowKey={(row) => row.id}
          href={(row) => `/mailings/${row.id}`}
          total={list.data?.pages[0]?.total ?? null}
          more={{
            has: list.hasNextPage,
            loading: list.isFetchingNextPage,
            load: () => void list.fetchNextPage(),
          }}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          toolbar={
            <>
              <SearchInput
                placeholder={t`Find a mailing`}
                value={q ?? ''}
                onChange={(text) =>
                  void navigate({ search: (old) => ({ ...old, q: text || undefined }), replace: true })
                }
              />
              <Select
                aria-label={t`State`}
                w={184}
                placeholder={t`Any state`}
                clearable
                clearButtonProps={{ 'aria-label': t`Any state` }}
                allowDeselect
                value={state ?? null}
                data={CAMPAIGN_STATES.map((value) => ({ value, label: stateName(value) }))}
                onChange={(value) =>
                  void navigate({ search: (old) => ({ ...old, state: value ?? undefined }), replace: true })
                }
              />
            </>
          }
          empty={
            isFiltered ? (
              <Empty title={t`No mailing fits`}>
                <Trans>Change the search or the state.</Trans>
              </Empty>
            ) : (
              <Empty title={t`No mailings yet`} action={newMailing}>
                <Trans>
                  A mailing sends one letter to a segment and compares those who got it with those who
                  did not. For example: “Come back” to those who bought three times but not in the last
                  60 days.
                </Trans>
              </Empty>
            )
          }
        />
      </Panel>
    </Page>
  )
}

function useColumns(): Column<Campaign>[] {
  const { t, i18n } = useLingui()
  const lang = i18n.locale === 'ru' ? 'ru' : 'en'
  const format = useFormat()
  return [
    { id: 'name', header: t`Name`, render: (row) => row.name || t`Untitled` },
    { id: 'state', header: t`State`, render: (row) => <MailingState state={row.state as CampaignState} /> },
    {
      id: 'sent',
      header: t`Sent`,
      align: 'right',
      hide: 'sm',
      render: (row) => {
        const { sent, total } = row.counts
        if (row.state === 'draft' || row.state === 'scheduled') return NOTHING
        return (
          <>
            {format.number(sent)}
            {row.state === 'running' && total ? (
              <Progress value={(sent / total) * 100} size={3} mt={4} aria-label={t`Progress`} />
            ) : null}
          </>
        )
      },
    },
    {
      id: 'when',
      header: t`When`,
      hide: 'sm',
      render: (row) =>
        row.state === 'scheduled' ? (
          row.schedule.own_time ? (
            wallText(row.schedule.own_time, lang)
          ) : (
            <DateTime at={row.schedule.at} />
          )
        ) : row.launched_at ? (
          <Ago at={row.launched_at} />
        ) : (
          NOTHING
        ),
    },
    { id: 'updated', header: t`Changed`, hide: 'md', render: (row) => <Ago at={row.updated_at} /> },
    {
      id: 'created',
      header: t`Created`,
      hide: 'md',
      extra: true,
      render: (row) => <DateTime at={row.created_at} />,
    },
  ]
}

function RowMenu({ campaign, onDelete }: { campaign: Campaign; onDelete: () => void }) {
  const { t } = useLingui()
  const canDelete = campaign.state === 'draft' || (campaign.state === 'cancelled' && campaign.launched_at === null)
  return (
    <MailingMenu
      campaign={campaign}
      label={t`Actions: ${campaign.name}`}
      onDelete={canDelete ? onDelete : undefined}
    />
  )
}
