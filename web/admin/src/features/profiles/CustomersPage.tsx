import { Button, Menu, Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconListDetails, IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { type Column, DataTable } from '../../components/DataTable'
import { ExportButton } from '../../components/exports/ExportButton'
import { notifyError, notifyUndo } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { usePersonName } from '../../components/personName'
import { SavedViews } from '../../components/SavedViews'
import { SearchInput } from '../../components/SearchInput'
import { Empty, ErrorNote, StateLabel, useErrorText } from '../../components/States'
import { Ago, DateTime } from '../../components/Time'
import { profilesQuery } from '../../lib/api/endpoints/profiles'
import { changeMembers, schemaQuery, segmentChoicesQuery } from '../../lib/api/endpoints/segments'
import type { ProfileRow } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { useMine } from '../../lib/hooks/useMine'
import { useTraitText } from './traits'

const route = getRouteApi('/inside/customers')

export function CustomersPage() {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const { q, segment } = route.useSearch()
  const navigate = route.useNavigate()
  const segments = useQuery(segmentChoicesQuery)
  const [shownColumns, setShownColumns] = useMine<Record<string, boolean>>('columns-customers', {})
  const [selected, setSelected] = useState<Set<string | number>>(new Set())
  const list = useInfiniteQuery(
    profilesQuery({ ...(q && { search: q }), ...(segment && { segment_id: segment }) }),
  )
  const total = list.data?.pages[0]?.total ?? null
  const columns = useColumns()
  const isFiltered = Boolean(q ?? segment)
  return (
    <Page
      title={t`Customers`}
      subtitle={total !== null && !isFiltered ? format.number(total) : undefined}
      actions={
        <>
          <ExportButton plan={{ subject: 'profiles', ...(segment && { segment_id: segment }) }} name={t`Customers`} />
          <Button component={AppLink} href="/customers/duplicates" variant="default">
            <Trans>Duplicates</Trans>
          </Button>
          {may('edit') && (
            <Button component={AppLink} href="/imports/new" variant="default">
              <Trans>Import a file</Trans>
            </Button>
          )}
        </>
      }
    >
      <Panel flush>
        <DataTable
          label={t`Customers`}
          storeKey="customers"
          columns={columns}
          chosen={[shownColumns, setShownColumns]}
          rows={list.data?.pages.flatMap((page) => page.items)}
          rowKey={(row) => row.id}
          href={(row) => `/customers/${row.id}`}
          total={total}
          more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          {...(may('edit') && { selection: { selected, onChange: setSelected } })}
          bulk={<AddToList ids={[...selected].map(Number)} onDone={() => setSelected(new Set())} />}
          toolbar={
            <>
              <SearchInput
                placeholder={t`Name, address, phone or id`}
                value={q ?? ''}
                onChange={(text) =>
                  void navigate({ search: (old) => ({ ...old, q: text || undefined }), replace: true })
                }
              />
              <Select
                aria-label={t`Segment`}
                placeholder={t`All segments`}
                w={260}
                searchable
                clearable
                clearButtonProps={{ 'aria-label': t`All segments` }}
                value={segment ?? null}
                data={(segments.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
                onChange={(id) =>
                  void navigate({ search: (old) => ({ ...old, segment: id ?? undefined }), replace: true })
                }
              />
              <SavedViews
                storeKey="customers"
                current={{ search: { ...(q && { q }), ...(segment && { segment }) }, columns: shownColumns }}
                onOpen={(view) => {
                  setShownColumns(view.columns)
                  void navigate({ search: view.search })
                }}
              />
            </>
          }
          empty={
            isFiltered ? (
              <Empty title={t`Nobody found`}>
                <Trans>Try a part of a name, an address or a phone number.</Trans>
              </Empty>
            ) : (
              <Empty
                title={t`No customers yet`}
                action={
                  may('edit') && (
                    <Button component={AppLink} href="/imports/new">
                      <Trans>Import a file</Trans>
                    </Button>
                  )
                }
              >
                <Trans>
                  Customers appear from imported files and from the events of your site. A CSV export of
                  your shop or CRM is enough to begin.
                </Trans>
              </Empty>
            )
          }
        />
      </Panel>
    </Page>
  )
}

function useColumns(): Column<ProfileRow>[] {
  const { t } = useLingui()
  const personName = usePersonName()
  const { data: schema } = useQuery(schemaQuery)
  const traitText = useTraitText()
  return [
    {
      id: 'name',
      header: t({ context: 'person', message: 'Name' }),
      render: personName,
    },
    { id: 'email', header: t`E-mail`, hide: 'sm', render: (row) => row.email ?? NOTHING },
    { id: 'phone', header: t`Phone`, hide: 'md', render: (row) => row.phone ?? NOTHING },
    { id: 'user_id', header: t`User id`, hide: 'md', render: (row) => row.user_id ?? NOTHING },
    { id: 'last_seen', header: t`Last seen`, render: (row) => <Ago at={row.last_seen} /> },
    { id: 'first_seen', header: t`First seen`, hide: 'md', extra: true, render: (row) => <DateTime at={row.first_seen} /> },
    {
      id: 'known',
      header: t`Known`,
      hide: 'md',
      extra: true,
      render: (row) => (
        <StateLabel tone={row.known ? 'good' : 'idle'}>{row.known ? t`known` : t`anonymous`}</StateLabel>
      ),
    },
    ...(schema?.traits ?? []).slice(0, 20).map(
      (trait): Column<ProfileRow> => ({
        id: `trait:${trait.name}`,
        header: trait.name,
        hide: 'md',
        extra: true,
        render: (row) => traitText(row.traits[trait.name], trait.type),
      }),
    ),
  ]
}

/** Bulk action: put the selected people on a fixed list. */
function AddToList({ ids, onDone }: { ids: number[]; onDone: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const errorText = useErrorText()
  const segments = useQuery(segmentChoicesQuery)
  const lists = (segments.data ?? []).filter((segment) => segment.kind === 'static')
  const refresh = () => void client.invalidateQueries({ queryKey: ['segments'] })
  const add = useMutation({
    mutationFn: (list: { id: string; name: string }) => changeMembers(list.id, { add: ids, remove: [] }),
    onSuccess: (_, list) => {
      refresh()
      onDone()
      notifyUndo(t`Added to “${list.name}”`, () => {
        void changeMembers(list.id, { add: [], remove: ids }).then(refresh)
      })
    },
    onError: (error) => notifyError(errorText(error)),
  })
  return (
    <>
      <span className="tnum">
        <Trans>Selected: {ids.length}</Trans>
      </span>
      <Menu position="bottom-start">
        <Menu.Target>
          <Button variant="default" leftSection={<IconListDetails size={16} />} loading={add.isPending}>
            <Trans>Add to a list</Trans>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {lists.map((list) => (
            <Menu.Item key={list.id} onClick={() => add.mutate(list)}>
              {list.name}
            </Menu.Item>
          ))}
          <Menu.Item
            component={AppLink}
            href="/segments/new?kind=static"
            leftSection={<IconPlus size={14} />}
          >
            <Trans>New list</Trans>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Button variant="subtle" color="gray" onClick={onDone}>
        <Trans>Clear the selection</Trans>
      </Button>
    </>
  )
}
