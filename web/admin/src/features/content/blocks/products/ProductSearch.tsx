import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { productsQuery } from '../../../../lib/api/endpoints/catalog'
import { useFormat } from '../../../../lib/format/useFormat'

interface ProductSearchProps {
  taken: string[]
  onChoose: (id: string) => void
}

/** Finds a product of the catalogue by its name. */
export function ProductSearch({ taken, onChoose }: ProductSearchProps) {
  const { t } = useLingui()
  const format = useFormat()
  const [text, setText] = useState('')
  const [search] = useDebouncedValue(text, 250)
  const products = useInfiniteQuery(productsQuery({ availability: 'listed', ...(search && { search }) }))
  const found = (products.data?.pages[0]?.items ?? [])
    .filter(({ id }) => !taken.includes(String(id)))
    .map((one) => ({
      value: String(one.id),
      label: [one.name, one.price !== null && format.money(one.price, one.currency)].filter(Boolean).join(' · '),
    }))
  return (
    <Select
      label={t`Add a product`}
      placeholder={t`Name of a product`}
      searchable
      filter={({ options }) => options}
      nothingFoundMessage={products.isFetching || search !== text ? t`Searching…` : t`Nothing found`}
      data={found}
      value={null}
      searchValue={text}
      onSearchChange={setText}
      onChange={(id) => {
        if (id === null) return
        onChoose(id)
        setText('')
      }}
    />
  )
}
