import { Button, Group, Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { type Column, DataTable } from '../../../components/DataTable'
import { Page, Panel } from '../../../components/Page'
import { usePersonName } from '../../../components/personName'
import { Empty, ErrorNote } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { controlPeopleCsvUrl, controlPeopleQuery, globalControlQuery } from '../../../lib/api/endpoints/analytics'
import type { ControlPerson } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { Named } from './ControlSides'
import { useControlFigures, useGroupName, useSideNames } from './names'
import { askedOf, behindOf, searchOf } from './search'

const route = getRouteApi('/inside/reports/control-group/people')

/** The people behind a figure of the global control group: exactly as many as it says. */
export function ControlPeoplePage() {
  const { t } = useLingui()
  const format = useFormat()
  const names = useControlFigures()
  const sideNames = useSideNames()
  const groupName = useGroupName()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const behind = behindOf(search)
  const { data: whole } = useQuery(globalControlQuery(askedOf(search)))
  const list = useInfiniteQuery(controlPeopleQuery(behind))
  const set = (change: { figure?: string; side?: string | undefined; month?: string | undefined }) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const total = list.data?.pages[0]?.total ?? null
  const query = new URLSearchParams({ ...searchOf(behind) }).toString()
  const subtitle = [
    whole?.span && groupName(whole.span),
    behind.month && monthName(behind.month, format.locale),
    total !== null && t`${format.number(total)} people`,
  ]
  return (
    <Page
      title={names[behind.figure]}
      part={t`Global control group`}
      back={{ href: `/reports/control-group${query && `?${query}`}`, label: t`Global control group` }}
      subtitle={subtitle.filter(Boolean).join(' · ')}
      actions={
        <Button
          component="a"
          variant="default"
          href={controlPeopleCsvUrl(behind)}
          download
          leftSection={<IconDownload size={16} />}
        >
          <Trans>CSV</Trans>
        </Button>
      }
    >
      <Panel flush>
        <DataTable
          label={names[behind.figure]}
          storeKey="control-people"
          columns={useColumns(whole?.currency ?? null)}
          rows={list.data?.pages.flatMap((page) => page.items)}
          rowKey={(row) => row.profile_id}
          href={(row) => (row.person ? `/customers/${row.person.id}` : null)}
          total={total}
          more={{
            has: list.hasNextPage,
            loading: list.isFetchingNextPage,
            load: () => void list.fetchNextPage(),
          }}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          toolbar={
            <Group gap={8}>
              <Select
                aria-label={t`Figure`}
                w={240}
                allowDeselect={false}
                value={behind.figure}
                data={Object.entries(names).map(([value, label]) => ({ value, label }))}
                onChange={(figure) => figure && set({ figure })}
              />
              <Select
                aria-label={t`Group`}
                w={288}
                placeholder={t`Both groups`}
                clearable
                clearButtonProps={{ 'aria-label': t`Clear` }}
                value={behind.side ?? null}
                data={Object.entries(sideNames).map(([value, label]) => ({ value, label }))}
                onChange={(side) => set({ side: side ?? undefined })}
              />
              {behind.month && (
                <Button variant="subtle" size="compact-xs" onClick={() => set({ month: undefined })}>
                  <Trans>Of all months</Trans>
                </Button>
              )}
            </Group>
          }
          empty={
            <Empty title={t`Nobody fits`}>
              <Trans>Choose another figure or group.</Trans>
            </Empty>
          }
        />
      </Panel>
    </Page>
  )
}

function monthName(month: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' })
    .format(new Date(`${month}-15T12:00:00Z`))
    .replace(/\s?г\.$/, '')
}

function useColumns(currency: string | null): Column<ControlPerson>[] {
  const { t } = useLingui()
  const format = useFormat()
  const personName = usePersonName()
  const sideNames = useSideNames()
  return [
    {
      id: 'name',
      header: t({ context: 'person', message: 'Name' }),
      render: ({ person }) =>
        person ? (
          personName(person)
        ) : (
          <span style={{ color: 'var(--text-dim)' }}>{t({ context: 'person', message: 'erased' })}</span>
        ),
    },
    { id: 'email', header: t`E-mail`, hide: 'sm', render: ({ person }) => person?.email ?? NOTHING },
    {
      id: 'side',
      header: t`Group`,
      hide: 'sm',
      render: ({ side }) => <Named arm={side === 'kept' ? 'control' : 'A'} name={sideNames[side]} />,
    },
    { id: 'entered', header: t`First mailing`, render: ({ entered_at }) => <DateTime at={entered_at} /> },
    {
      id: 'letters',
      header: t`Letters`,
      align: 'right',
      hide: 'md',
      render: ({ letters }) => format.number(letters),
    },
    {
      id: 'orders',
      header: t`Orders`,
      align: 'right',
      hide: 'sm',
      render: ({ orders }) => format.number(orders),
    },
    {
      id: 'revenue',
      header: t`Revenue`,
      align: 'right',
      render: ({ revenue }) => (revenue === 0 ? NOTHING : format.money(revenue, currency)),
    },
  ]
}
