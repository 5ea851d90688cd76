import { Button, Menu } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import {
  IconBolt,
  IconChevronDown,
  IconGridDots,
  IconPlus,
  IconShoppingCart,
  IconStairsUp,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'

import { type Column, DataTable } from '../../components/DataTable'
import { Page, Panel } from '../../components/Page'
import { SearchInput } from '../../components/SearchInput'
import { Empty, ErrorNote } from '../../components/States'
import { Ago } from '../../components/Time'
import { computedTraitsQuery } from '../../lib/api/endpoints/computed'
import type { ComputedTrait } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { type Kind, kindOf } from './model'
import { KIND_WORDS } from './words'

const route = getRouteApi('/inside/computed-traits')

export function ComputedTraitsPage() {
  const { t, i18n } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const { q = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useQuery(computedTraitsQuery(q))
  const state = (row: ComputedTrait) => {
    if (row.state === 'removing') return t`being removed`
    if (row.running) return t`being computed`
    if (row.problem) return t`did not succeed`
    if (row.computed_at === null) return t`waits for its turn`
    return <Ago at={row.computed_at} />
  }
  const columns: Column<ComputedTrait>[] = [
    { id: 'name', header: t`Name`, render: (row) => row.title || row.name },
    { id: 'trait', header: t`Trait`, hide: 'md', render: (row) => row.name },
    {
      id: 'kind',
      header: t`Kind`,
      hide: 'sm',
      render: (row) => i18n._(KIND_WORDS[kindOf(String(row.definition['kind']))]),
    },
    {
      id: 'people',
      header: t`People with a value`,
      align: 'right',
      render: (row) => (row.people === null ? NOTHING : format.number(row.people)),
    },
    { id: 'computed', header: t`Computed`, render: state },
    {
      id: 'took',
      header: t`Took`,
      align: 'right',
      hide: 'md',
      render: (row) => (row.took_ms === null ? NOTHING : t`${format.number(row.took_ms)} ms`),
    },
    {
      id: 'used',
      header: t`Used by`,
      hide: 'md',
      render: (row) => (row.used_by.length ? row.used_by.map((use) => use.name).join(', ') : NOTHING),
    },
  ]
  return (
    <Page title={t`Scores and traits`} actions={may('edit') && <NewTraitButton />}>
      <Panel flush>
        <DataTable
          label={t`Scores and traits`}
          storeKey="computed-traits"
          columns={columns}
          rows={list.data}
          rowKey={(row) => row.id}
          href={(row) => `/computed-traits/${row.id}`}
          total={list.data?.length ?? null}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          toolbar={
            <SearchInput
              placeholder={t`Find a computed trait`}
              value={q}
              onChange={(text) => void navigate({ search: { q: text || undefined }, replace: true })}
            />
          }
          empty={
            q ? (
              <Empty title={t`No computed trait fits`}>
                <Trans>Try another part of the name.</Trans>
              </Empty>
            ) : (
              <Empty title={t`No computed traits yet`} action={may('edit') && <NewTraitButton />}>
                <Trans>
                  A computed trait is worked out from what people did: the total of their orders, days since
                  the last visit, a score that fades, an RFM group. Segments and letters use it like any
                  other trait.
                </Trans>
              </Empty>
            )
          }
        />
      </Panel>
    </Page>
  )
}

function NewTraitButton() {
  const { t } = useLingui()
  const router = useRouter()
  const items: [Kind, typeof IconBolt, string][] = [
    ['event', IconBolt, t`From events: count, sum, first, last…`],
    ['orders', IconShoppingCart, t`From orders: revenue, favourite category…`],
    ['score', IconStairsUp, t`A score: points for actions`],
    ['rfm', IconGridDots, t`RFM: groups of buyers`],
  ]
  return (
    <Menu>
      <Menu.Target>
        <Button leftSection={<IconPlus size={16} />} rightSection={<IconChevronDown size={14} />}>
          <Trans>New computed trait</Trans>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {items.map(([kind, Icon, label]) => (
          <Menu.Item
            key={kind}
            leftSection={<Icon size={16} />}
            onClick={() => router.history.push(`/computed-traits/new?kind=${kind}`)}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
