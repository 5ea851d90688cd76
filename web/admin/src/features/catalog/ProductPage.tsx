import { Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { AppLink } from '../../components/AppLink'
import { LineChart } from '../../components/charts/LineChart'
import { useTimeAxis } from '../../components/charts/useTimeAxis'
import { DataTable } from '../../components/DataTable'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote } from '../../components/States'
import { Ago, DateTime } from '../../components/Time'
import { productHistoryQuery, productQuery } from '../../lib/api/endpoints/catalog'
import type { Product, ProductFact } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useNow } from '../../lib/hooks/useNow'
import css from './Catalog.module.css'
import { Picture } from './Picture'
import { ProductState, useColumns } from './ProductsPage'

const route = getRouteApi('/inside/catalogue/products/$id')

export function ProductPage() {
  const { id } = route.useParams()
  const { data: product, error } = useQuery(productQuery(Number(id)))
  if (error) throw error
  if (!product) return <Skeleton height={320} m={24} />
  return <ProductCard key={product.id} product={product} />
}

function ProductCard({ product }: { product: Product }) {
  const { t } = useLingui()
  const columns = useColumns()
  return (
    <Page
      title={product.name || product.offer_id}
      subtitle={product.category.join(' › ') || undefined}
      back={{ href: '/catalogue', label: t`Catalogue` }}
    >
      <div className={css.layout}>
        <div className={css.column}>
          <History product={product} />
          {product.pictures.length > 0 && (
            <Panel title={t`Pictures`}>
              <div className={css.pictures}>
                {product.pictures.map((url) => (
                  <Picture key={url} src={url} />
                ))}
              </div>
            </Panel>
          )}
          {product.variants.length > 0 && (
            <Panel title={t`Other variants`} flush>
              <DataTable
                label={t`Other variants`}
                columns={columns.filter((column) => column.id !== 'category')}
                rows={product.variants}
                rowKey={(row) => row.id}
                href={(row) => `/catalogue/products/${row.id}`}
                keys={false}
                empty={null}
              />
            </Panel>
          )}
          {product.description && (
            <Panel title={t`Description`}>
              {/* The shop's text may hold markup of its own; here it is only read. */}
              <div style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{product.description}</div>
            </Panel>
          )}
        </div>
        <div className={css.column}>
          <Facts product={product} />
          {product.params.length > 0 && (
            <Panel title={t`Parameters`}>
              <dl className={css.facts}>
                {product.params.map((param, index) => (
                  <Fact key={index} name={param.name || NOTHING}>
                    {[param.value, param.unit].filter(Boolean).join(' ')}
                  </Fact>
                ))}
              </dl>
            </Panel>
          )}
        </div>
      </div>
    </Page>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Facts({ product }: { product: Product }) {
  const { t } = useLingui()
  const format = useFormat()
  const isWeb = product.url !== null && /^https?:\/\//i.test(product.url)
  return (
    <Panel title={t`Now`}>
      <dl className={css.facts}>
        <Fact name={t`Price`}>
          {format.money(product.price, product.currency)}{' '}
          {product.old_price !== null && <s className={css.dim}>{format.money(product.old_price, product.currency)}</s>}
        </Fact>
        <Fact name={t`State`}>
          <ProductState row={product} />
        </Fact>
        <Fact name={t`In stock`}>{format.number(product.stock)}</Fact>
        {product.vendor && <Fact name={t`Vendor`}>{product.vendor}</Fact>}
        {product.vendor_code && <Fact name={t`Article`}>{product.vendor_code}</Fact>}
        {product.barcode && <Fact name={t`Barcode`}>{product.barcode}</Fact>}
        {product.url && (
          <Fact name={t`On the site`}>
            {isWeb ? (
              <a href={product.url} target="_blank" rel="noreferrer noopener">
                <Trans>open</Trans>
              </a>
            ) : (
              product.url
            )}
          </Fact>
        )}
        <Fact name={t`Id in the feed`}>{product.offer_id}</Fact>
        {product.group_id && <Fact name={t`Group`}>{product.group_id}</Fact>}
        <Fact name={t`Feed`}>
          <AppLink href={`/catalogue/feeds/${product.feed_id}`}>{product.feed_name}</AppLink>
        </Fact>
        <Fact name={t({ context: 'product', message: 'First seen' })}>
          <DateTime at={product.first_seen} />
        </Fact>
        <Fact name={t({ context: 'product', message: 'Last seen' })}>
          <Ago at={product.last_seen} />
        </Fact>
        <Fact name={t({ context: 'product', message: 'Changed' })}>
          <Ago at={product.changed_at} />
        </Fact>
      </dl>
    </Panel>
  )
}

function History({ product }: { product: Product }) {
  const { t } = useLingui()
  const format = useFormat()
  const timeAxis = useTimeAxis()
  const now = useNow()
  const { data: facts, error } = useQuery(productHistoryQuery(product.id))
  if (error) return <ErrorNote error={error} />
  if (!facts) return <Skeleton height={240} />
  if (facts.length === 0) {
    return (
      <Panel title={t`Price and stock over time`}>
        <Empty title={t`No history yet`}>
          <Trans>Changes appear here a few seconds after a feed is loaded.</Trans>
        </Empty>
      </Panel>
    )
  }
  const until = now.toISOString()
  const steps = (value: (fact: ProductFact) => number | null): [string, number][] => {
    const points = facts.flatMap((fact): [string, number][] => {
      const is = value(fact)
      return is === null ? [] : [[fact.at, is]]
    })
    const last = points.at(-1)
    return last ? [...points, [until, last[1]]] : []
  }
  const prices = steps((fact) => fact.price)
  const stock = steps((fact) => (fact.gone ? 0 : fact.stock))
  return (
    <>
      <Panel title={t`Price over time`}>
        {prices.length > 0 ? (
          <LineChart
            label={t`Price over time`}
            height={200}
            lines={[{ name: t`Price`, color: '--accent', points: prices, step: true }]}
            formatValue={(value) => format.money(value, product.currency)}
            {...timeAxis}
          />
        ) : (
          <span className={css.dim}>
            <Trans>The shop gives no price.</Trans>
          </span>
        )}
        <details>
          <summary className={css.dim} style={{ cursor: 'pointer' }}>
            <Trans>All changes: {format.number(facts.length)}</Trans>
          </summary>
          <table className={css.orderLines}>
            <tbody>
              {facts.toReversed().map((fact) => (
                <tr key={fact.at}>
                  <td>
                    <DateTime at={fact.at} />
                  </td>
                  <td>
                    {fact.gone ? t`gone` : fact.available ? t`available` : t`sold out`}
                    {fact.stock !== null && !fact.gone && `, ${format.number(fact.stock)}`}
                  </td>
                  <td className="tnum">{format.money(fact.price, fact.currency)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      </Panel>
      {stock.length > 0 && (
        <Panel title={t`Stock over time`}>
          <LineChart
            label={t`Stock over time`}
            height={160}
            wholeNumbers
            lines={[{ name: t`In stock`, color: '--arm-1', points: stock, step: true, area: true }]}
            formatValue={(value) => format.number(value)}
            {...timeAxis}
          />
        </Panel>
      )}
    </>
  )
}
