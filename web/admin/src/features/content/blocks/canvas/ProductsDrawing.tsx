import { useLingui } from '@lingui/react/macro'
import { IconPhoto } from '@tabler/icons-react'
import { useQueries } from '@tanstack/react-query'

import { productQuery } from '../../../../lib/api/endpoints/catalog'
import { useFormat } from '../../../../lib/format/useFormat'
import type { BlockOf } from '../core/document'
import { FONTS } from '../core/look'
import css from './Canvas.module.css'
import { useDrawing } from './DrawingContext'

interface Card {
  name: string
  picture: string | null
  price: string
  oldPrice: string
}

/** Picked products as the catalogue knows them; items of a list as cards of no one in particular. */
export function ProductsDrawing({ block }: { block: BlockOf<'products'> }) {
  const { t } = useLingui()
  const format = useFormat()
  const { theme, isPhone } = useDrawing()
  const ids = block.source.kind === 'picked' ? block.source.product_ids : []
  const found = useQueries({
    queries: ids.map((id) => ({ ...productQuery(Number(id)), staleTime: 60_000, retry: false })),
  })
  const money = (value: number | null | undefined, currency: string | null | undefined) =>
    value === null || value === undefined ? '' : format.money(value, currency ?? undefined)
  const sample: Card = { name: t`Product`, picture: null, price: format.money(1290), oldPrice: '' }
  const cards: Card[] =
    block.source.kind === 'picked' && ids.length > 0
      ? found.map(({ data }, index) => ({
          name: data?.name ?? `№ ${ids[index] ?? ''}`,
          picture: data?.picture ?? null,
          price: money(data?.price, data?.currency),
          oldPrice: money(data?.old_price, data?.currency),
        }))
      : Array.from({ length: Math.min(block.limit, block.columns) }, () => sample)
  const columns = isPhone ? 1 : block.columns
  return (
    <div
      className={css.products}
      style={{
        gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
        fontFamily: FONTS[theme.font],
        color: theme.text_color,
      }}
    >
      {cards.slice(0, block.source.kind === 'picked' ? ids.length || block.columns : block.limit).map((card, index) => (
        <div key={index}>
          {block.show.image &&
            (card.picture ? (
              <img src={card.picture} alt="" className={css.productPicture} />
            ) : (
              <div className={css.picture}>
                <IconPhoto size={24} aria-hidden />
              </div>
            ))}
          <div style={{ fontWeight: 600, marginTop: 8 }}>{card.name}</div>
          {(block.show.price || block.show.old_price) && (
            <div>
              {block.show.price && card.price}{' '}
              {block.show.old_price && card.oldPrice && <s style={{ color: theme.muted_color }}>{card.oldPrice}</s>}
            </div>
          )}
          {block.show.button && (
            <span
              className={css.productButton}
              style={{
                background: theme.button_background,
                color: theme.button_color,
                borderRadius: theme.button_radius,
              }}
            >
              {block.button_text || t`Open`}
            </span>
          )}
        </div>
      ))}
    </div>
  )
}
