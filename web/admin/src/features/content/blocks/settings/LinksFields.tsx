import { ActionIcon, Button, Group, Select, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconArrowDown, IconArrowUp, IconPlus, IconX } from '@tabler/icons-react'
import type { ReactNode } from 'react'

import type { BlockOf, MenuItem, Network, SocialLink } from '../core/document'
import { NETWORKS } from '../core/words'
import type { Change } from './BlockSettings'
import { LineField } from './LineField'
import css from './Settings.module.css'

export function LinksFields({ block, change }: { block: BlockOf<'social' | 'menu'>; change: Change }) {
  const { t } = useLingui()
  if (block.kind === 'social') {
    return (
      <>
        {block.links.length === 0 && (
          <p className={css.hint}>
            <Trans>Without links of its own it shows those of the brand kit.</Trans>
          </p>
        )}
        <SocialLinks value={block.links} onChange={(links) => change({ links })} />
      </>
    )
  }
  const set = (items: MenuItem[]) => change({ items })
  return (
    <Items
      items={block.items}
      max={10}
      add={t`Add an item`}
      onAdd={() => set([...block.items, { text: t`Item`, href: '' }])}
      onChange={set}
    >
      {(item, put) => (
        <>
          <LineField label={t`Words`} value={item.text} onChange={(text) => put({ ...item, text })} />
          <LineField label={t`Address`} placeholder="https://" value={item.href} onChange={(href) => put({ ...item, href })} />
        </>
      )}
    </Items>
  )
}

interface SocialLinksProps {
  value: SocialLink[]
  onChange: (value: SocialLink[]) => void
}

const PLACEHOLDERS: Partial<Record<Network, string>> = { email: 'mailto:', phone: 'tel:+7' }

/** Pages of the sender: of one letter, or of all letters in the brand kit. */
export function SocialLinks({ value, onChange }: SocialLinksProps) {
  const { t, i18n } = useLingui()
  const unused = (Object.keys(NETWORKS) as Network[]).filter((one) => !value.some(({ network }) => network === one))
  return (
    <Items
      items={value}
      max={13}
      add={t`Add a link`}
      onAdd={() => onChange([...value, { network: unused[0] ?? 'site', href: '' }])}
      onChange={onChange}
    >
      {(link, put) => (
        <>
          <Select
            aria-label={t`Network`}
            data={(Object.keys(NETWORKS) as Network[]).map((key) => ({ value: key, label: i18n._(NETWORKS[key]) }))}
            value={link.network}
            onChange={(network) => put({ ...link, network: network as Network })}
          />
          <TextInput
            aria-label={t`Address`}
            placeholder={PLACEHOLDERS[link.network] ?? 'https://'}
            value={link.href}
            onChange={(event) => put({ ...link, href: event.currentTarget.value })}
          />
        </>
      )}
    </Items>
  )
}

interface ItemsProps<Item> {
  items: Item[]
  max: number
  add: string
  onAdd: () => void
  onChange: (items: Item[]) => void
  children: (item: Item, put: (item: Item) => void) => ReactNode
}

/** A list whose items are changed, moved and removed. */
function Items<Item>({ items, max, add, onAdd, onChange, children }: ItemsProps<Item>) {
  const { t } = useLingui()
  const swap = (at: number, by: 1 | -1) => {
    const next = [...items]
    const [one, other] = [next[at], next[at + by]]
    if (one === undefined || other === undefined) return
    next[at] = other
    next[at + by] = one
    onChange(next)
  }
  return (
    <>
      {items.map((item, index) => (
        <div key={index} className={css.item}>
          {children(item, (next) => onChange(items.map((one, at) => (at === index ? next : one))))}
          <Group gap={2} justify="flex-end">
            <ActionIcon aria-label={t`Up`} disabled={index === 0} onClick={() => swap(index, -1)}>
              <IconArrowUp size={15} />
            </ActionIcon>
            <ActionIcon aria-label={t`Down`} disabled={index === items.length - 1} onClick={() => swap(index, 1)}>
              <IconArrowDown size={15} />
            </ActionIcon>
            <ActionIcon aria-label={t`Remove`} onClick={() => onChange(items.filter((_, at) => at !== index))}>
              <IconX size={15} />
            </ActionIcon>
          </Group>
        </div>
      ))}
      {items.length < max && (
        <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} />} onClick={onAdd}>
          {add}
        </Button>
      )}
    </>
  )
}
