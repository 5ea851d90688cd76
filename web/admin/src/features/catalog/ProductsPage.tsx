import { Button, Group, NumberInput, Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { type Column, DataTable } from '../../components/DataTable'
import { Page, Panel } from '../../components/Page'
import { SearchInput } from '../../components/SearchInput'
import { Empty, ErrorNote, StateLabel } from '../../components/States'
import { categoriesQuery, productsQuery, vendorsQuery } from '../../lib/api/endpoints/catalog'
import type { ProductRow, ProductsAsked } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Catalog.module.css'
import { CatalogNav } from './CatalogNav'
import { Picture } from './Picture'

const route = getRouteApi('/inside/catalogue')

const number = (text: string | undefined) => (text && Number.isFinite(Number(text)) ? Number(text) : undefined)

export function ProductsPage() {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const asked: ProductsAsked = {
    ...(search.q && { search: search.q }),
    ...(search.category && { category_id: search.category }),
    ...(search.vendor && { vendor: search.vendor }),
    ...(search.availability && { availability: search.availability as NonNullable<ProductsAsked['availability']> }),
    ...(search.order && { order: search.order as NonNullable<ProductsAsked['order']> }),
    ...(number(search.from) !== undefined && { price_min: number(search.from) }),
    ...(number(search.to) !== undefined && { price_max: number(search.to) }),
  }
  const list = useInfiniteQuery(productsQuery(asked))
  const columns = useColumns()
  const isFiltered = Object.keys(asked).some((key) => key !== 'order')
  const add = may('edit') && (
    <Button component={AppLink} href="/catalogue/feeds">
      <Trans>Add a feed</Trans>
    </Button>
  )
  return (
    <Page title={t`Catalogue`}>
      <CatalogNav />
      <Panel flush>
        <DataTable
          label={t`Products`}
          storeKey="products"
          columns={columns}
          rows={list.data?.pages.flatMap((page) => page.items)}
          rowKey={(row) => row.id}
          href={(row) => `/catalogue/products/${row.id}`}
          total={list.data?.pages[0]?.total ?? null}
          more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          toolbar={
            <>
              <SearchInput
                placeholder={t`Name, vendor or id`}
                value={search.q ?? ''}
                onChange={(text) => set({ q: text || undefined })}
              />
              <CategorySelect value={search.category ?? null} onChange={(id) => set({ category: id ?? undefined })} />
              <VendorSelect value={search.vendor ?? null} onChange={(id) => set({ vendor: id ?? undefined })} />
              <Select
                aria-label={t`Availability`}
                w={170}
                allowDeselect={false}
                value={search.availability ?? 'listed'}
                data={[
                  { value: 'listed', label: t`In the feed` },
                  { value: 'available', label: t`Available` },
                  { value: 'unavailable', label: t`Sold out` },
                  { value: 'gone', label: t`Gone from the feed` },
                ]}
                onChange={(value) => set({ availability: value && value !== 'listed' ? value : undefined })}
              />
              <Price label={t`Price from`} value={search.from} onChange={(from) => set({ from })} />
              <Price label={t`Price to`} value={search.to} onChange={(to) => set({ to })} />
              <Select
                aria-label={t`Order`}
                w={170}
                allowDeselect={false}
                value={search.order ?? 'name'}
                data={[
                  { value: 'name', label: t`By name` },
                  { value: 'cheap', label: t`Cheap first` },
                  { value: 'dear', label: t`Expensive first` },
                  { value: 'new', label: t`New first` },
                ]}
                onChange={(value) => set({ order: value && value !== 'name' ? value : undefined })}
              />
            </>
          }
          empty={
            isFiltered ? (
              <Empty title={t`No product fits`}>
                <Trans>Try the beginning of another word, or fewer conditions.</Trans>
              </Empty>
            ) : (
              <Empty title={t`The catalogue is empty`} action={add}>
                <Trans>
                  Add the product feed of your shop (YML or Google Merchant) by its address or as a file.
                  Prices and stock are then kept over time.
                </Trans>
              </Empty>
            )
          }
        />
      </Panel>
      <span className="visually-hidden" aria-live="polite">
        {list.data?.pages[0]?.total != null && format.number(list.data.pages[0].total)}
      </span>
    </Page>
  )
}

function Price({
  label,
  value,
  onChange,
}: {
  label: string
  value: string | undefined
  onChange: (value: string | undefined) => void
}) {
  return (
    <NumberInput
      aria-label={label}
      placeholder={label}
      w={110}
      min={0}
      hideControls
      defaultValue={value ?? ''}
      onBlur={(event) => onChange(event.currentTarget.value.replace(/\s/g, '') || undefined)}
      onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
    />
  )
}

interface SelectProps {
  value: string | null
  onChange: (id: string | null) => void
}

function CategorySelect({ value, onChange }: SelectProps) {
  const { t } = useLingui()
  const categories = useQuery(categoriesQuery)
  // Two feeds may use one id; the filter then takes both, and the list names it once.
  const seen = new Set<string>()
  const data = (categories.data ?? []).flatMap((one) => {
    if (seen.has(one.id)) return []
    seen.add(one.id)
    return [{ value: one.id, label: one.path.join(' › ') || one.id }]
  })
  return (
    <Select
      aria-label={t`Category`}
      placeholder={t`All categories`}
      w={230}
      searchable
      clearable
      limit={200}
      clearButtonProps={{ 'aria-label': t`All categories` }}
      value={value}
      data={data}
      onChange={onChange}
    />
  )
}

function VendorSelect({ value, onChange }: SelectProps) {
  const { t } = useLingui()
  const [typed, setTyped] = useState('')
  const vendors = useQuery(vendorsQuery(typed === value ? '' : typed))
  const known = (vendors.data ?? []).map((one) => one.value)
  return (
    <Select
      aria-label={t`Vendor`}
      placeholder={t`All vendors`}
      w={180}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t`All vendors` }}
      value={value}
      data={value && !known.includes(value) ? [value, ...known] : known}
      onSearchChange={setTyped}
      onChange={onChange}
    />
  )
}

export function useColumns(): Column<ProductRow>[] {
  const { t } = useLingui()
  const format = useFormat()
  return [
    {
      id: 'name',
      header: t`Product`,
      render: (row) => (
        <span className={css.product}>
          {row.picture ? (
            <Picture className={css.thumb} src={row.picture} />
          ) : (
            <span className={css.thumb} aria-hidden />
          )}
          {row.name || row.offer_id}
        </span>
      ),
    },
    {
      id: 'category',
      header: t`Category`,
      hide: 'md',
      render: (row) => <span className={css.dim}>{row.category.join(' › ') || NOTHING}</span>,
    },
    { id: 'vendor', header: t`Vendor`, hide: 'md', render: (row) => row.vendor ?? NOTHING },
    {
      id: 'price',
      header: t`Price`,
      align: 'right',
      render: (row) => (
        <Group gap={6} justify="flex-end" wrap="nowrap">
          {row.old_price !== null && <s className={css.dim}>{format.money(row.old_price, row.currency)}</s>}
          {format.money(row.price, row.currency)}
        </Group>
      ),
    },
    { id: 'stock', header: t`In stock`, align: 'right', hide: 'sm', render: (row) => format.number(row.stock) },
    {
      id: 'state',
      header: t`State`,
      hide: 'sm',
      render: (row) => <ProductState row={row} />,
    },
    { id: 'offer', header: t`Id in the feed`, hide: 'md', extra: true, render: (row) => row.offer_id },
  ]
}

export function ProductState({ row }: { row: ProductRow }) {
  const { t } = useLingui()
  if (row.gone) return <StateLabel tone="dim">{t`gone`}</StateLabel>
  return row.available ? (
    <StateLabel tone="good">{t`available`}</StateLabel>
  ) : (
    <StateLabel tone="warn">{t`sold out`}</StateLabel>
  )
}
