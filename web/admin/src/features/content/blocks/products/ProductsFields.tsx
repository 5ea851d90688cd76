import { ActionIcon, Checkbox, Group, SegmentedControl, Select, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconX } from '@tabler/icons-react'
import { useQueries } from '@tanstack/react-query'

import { productQuery } from '../../../../lib/api/endpoints/catalog'
import { lists, nameOf } from '../core/conditions'
import type { BlockOf, ProductParts } from '../core/document'
import { useEditorContext } from '../EditorContext'
import type { Change } from '../settings/BlockSettings'
import { LineField } from '../settings/LineField'
import { NumberField } from '../settings/NumberField'
import css from '../settings/Settings.module.css'
import { ProductSearch } from './ProductSearch'

const PRODUCTS_MAX = 12

export function ProductsFields({ block, change }: { block: BlockOf<'products'>; change: Change }) {
  const { t } = useLingui()
  const { variables } = useEditorContext()
  const offered = lists(variables).map((one) => ({ value: one.name, label: nameOf(variables, one.name) }))
  const { source } = block
  const parts: [keyof ProductParts, string][] = [
    ['image', t`Picture`],
    ['price', t`Price`],
    ['old_price', t`Old price`],
    ['button', t({ context: 'part of a product', message: 'Button' })],
  ]
  return (
    <>
      <SegmentedControl
        fullWidth
        aria-label={t`Which products`}
        value={source.kind === 'list' ? 'list' : 'picked'}
        onChange={(kind) =>
          change({
            source: kind === 'list' ? { kind, over: offered[0]?.value ?? 'last_order.lines' } : { kind, product_ids: [] },
          })
        }
        data={[
          { value: 'picked', label: t`Chosen ones` },
          { value: 'list', label: t`A list of the customer` },
        ]}
      />
      {source.kind === 'list' ? (
        <Select
          label={t`List`}
          data={offered.some(({ value }) => value === source.over) ? offered : [...offered, { value: source.over, label: source.over }]}
          value={source.over}
          onChange={(over) => over && change({ source: { kind: 'list', over } })}
        />
      ) : (
        <Picked
          ids={source.kind === 'picked' ? source.product_ids : []}
          onChange={(product_ids) => change({ source: { kind: 'picked', product_ids } })}
        />
      )}
      <div className={css.two}>
        <NumberField label={t`In a row`} value={block.columns} min={1} max={4} onChange={(columns) => columns && change({ columns })} />
        <NumberField label={t`At most`} value={block.limit} min={1} max={PRODUCTS_MAX} onChange={(limit) => limit && change({ limit })} />
      </div>
      <Stack gap={6}>
        {parts.map(([key, label]) => (
          <Checkbox
            key={key}
            label={label}
            checked={block.show[key]}
            onChange={(event) => change({ show: { ...block.show, [key]: event.currentTarget.checked } })}
          />
        ))}
      </Stack>
      {block.show.button && (
        <LineField
          label={t`Words on the button`}
          value={block.button_text}
          maxLength={300}
          onChange={(text) => change({ button_text: text })}
        />
      )}
    </>
  )
}

function Picked({ ids, onChange }: { ids: string[]; onChange: (ids: string[]) => void }) {
  const { t } = useLingui()
  const found = useQueries({
    queries: ids.map((id) => ({ ...productQuery(Number(id)), staleTime: 60_000, retry: false })),
  })
  return (
    <Stack gap={6}>
      {ids.map((id, index) => {
        const name = found[index]?.data?.name ?? `№ ${id}`
        return (
          <Group key={id} gap={4} wrap="nowrap" className={css.hint}>
            <span style={{ flex: 1, minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>{name}</span>
            <ActionIcon aria-label={t`Remove: ${name}`} onClick={() => onChange(ids.filter((one) => one !== id))}>
              <IconX size={15} />
            </ActionIcon>
          </Group>
        )
      })}
      {ids.length < PRODUCTS_MAX ? (
        <ProductSearch taken={ids} onChoose={(id) => onChange([...ids, id])} />
      ) : (
        <p className={css.hint}>
          <Trans>A block shows at most {PRODUCTS_MAX} products.</Trans>
        </p>
      )}
    </Stack>
  )
}
