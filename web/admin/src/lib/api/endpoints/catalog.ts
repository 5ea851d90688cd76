import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, ApiError, body, Offline, requestHeaders } from '../client'
import type { FeedChange, FeedInput, FeedRun, FeedUpload, OrderFieldInput, OrderStatus, ProductsAsked } from '../types'

const first = undefined as string | undefined
const next = (page: { next_cursor: string | null }) => page.next_cursor ?? undefined

export const productsQuery = (asked: ProductsAsked) =>
  infiniteQueryOptions({
    queryKey: ['products', 'list', asked],
    queryFn: ({ pageParam }) =>
      body(api.GET('/api/v1/products', { params: { query: { ...asked, cursor: pageParam, limit: 50 } } })),
    initialPageParam: first,
    getNextPageParam: next,
    placeholderData: keepPreviousData,
  })
export const productQuery = (id: number) =>
  queryOptions({
    queryKey: ['products', id],
    queryFn: () => body(api.GET('/api/v1/products/{product_id}', { params: { path: { product_id: id } } })),
  })
export const productHistoryQuery = (id: number) =>
  queryOptions({
    queryKey: ['products', id, 'history'],
    queryFn: () =>
      body(api.GET('/api/v1/products/{product_id}/history', { params: { path: { product_id: id } } })),
  })
export const categoriesQuery = queryOptions({
  queryKey: ['products', 'categories'],
  queryFn: () => body(api.GET('/api/v1/products/categories')),
})
export const vendorsQuery = (search: string) =>
  queryOptions({
    queryKey: ['products', 'vendors', search],
    queryFn: () => body(api.GET('/api/v1/products/vendors', { params: { query: search ? { search } : {} } })),
    placeholderData: keepPreviousData,
  })

const isActive = (run: FeedRun | null) => run?.state === 'queued' || run?.state === 'running'

export const feedsQuery = queryOptions({
  queryKey: ['feeds'],
  queryFn: () => body(api.GET('/api/v1/feeds')),
  refetchInterval: (query) =>
    query.state.data?.some((feed) => isActive(feed.last_run as FeedRun | null)) ? 1_500 : false,
})
export const feedQuery = (id: string) =>
  queryOptions({
    queryKey: ['feeds', id],
    queryFn: () => body(api.GET('/api/v1/feeds/{feed_id}', { params: { path: { feed_id: id } } })),
  })
export const feedRunsQuery = (id: string) =>
  queryOptions({
    queryKey: ['feeds', id, 'runs'],
    queryFn: () => body(api.GET('/api/v1/feeds/{feed_id}/runs', { params: { path: { feed_id: id } } })),
    refetchInterval: (query) => (query.state.data?.some((run) => isActive(run as FeedRun)) ? 1_000 : false),
  })
export const checkFeed = (address: { url: string; login?: string; password?: string; feed_id?: string }) =>
  body(api.POST('/api/v1/feeds/check', { body: address }))
export const createFeed = (input: FeedInput) => body(api.POST('/api/v1/feeds', { body: input }))
export const updateFeed = (id: string, change: FeedChange) =>
  body(api.PATCH('/api/v1/feeds/{feed_id}', { params: { path: { feed_id: id } }, body: change }))
export const deleteFeed = (id: string) =>
  body(api.DELETE('/api/v1/feeds/{feed_id}', { params: { path: { feed_id: id } } }))
export const loadFeed = (id: string, uploadId?: string) =>
  body(
    api.POST('/api/v1/feeds/{feed_id}/runs', {
      params: { path: { feed_id: id } },
      body: uploadId ? { upload_id: uploadId } : {},
    }),
  )
export const acceptRun = (feedId: string, runId: string) =>
  body(
    api.PUT('/api/v1/feeds/{feed_id}/runs/{run_id}/acceptance', {
      params: { path: { feed_id: feedId, run_id: runId } },
    }),
  )
export const declineRun = (feedId: string, runId: string) =>
  body(
    api.DELETE('/api/v1/feeds/{feed_id}/runs/{run_id}/acceptance', {
      params: { path: { feed_id: feedId, run_id: runId } },
    }),
  )

/** The file is the body of the request, so that the server writes it to disk as it comes. */
export async function uploadFeed(file: File): Promise<FeedUpload> {
  let answer: Response
  try {
    answer = await fetch('/api/v1/feeds/uploads', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { ...requestHeaders('POST'), 'Content-Type': 'application/octet-stream' },
      body: file,
    })
  } catch {
    throw new Offline()
  }
  const said = (await answer.json().catch(() => ({}))) as Record<string, unknown>
  if (!answer.ok) throw new ApiError(answer.status, said)
  return said as unknown as FeedUpload
}

export const ordersQuery = (status: OrderStatus | undefined) =>
  infiniteQueryOptions({
    queryKey: ['orders', status ?? ''],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/orders', {
          params: { query: { cursor: pageParam, limit: 50, ...(status && { status }) } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: next,
    placeholderData: keepPreviousData,
  })
export const orderFieldsQuery = queryOptions({
  queryKey: ['order-fields'],
  queryFn: () => body(api.GET('/api/v1/order-fields')),
})
export const foundFieldsQuery = queryOptions({
  queryKey: ['order-fields', 'found'],
  queryFn: () => body(api.GET('/api/v1/order-fields/found')),
})
/** The fields with their types and commonest values, for conditions. */
export const orderFieldChoicesQuery = queryOptions({
  queryKey: ['order-fields', 'choices'],
  queryFn: () => body(api.GET('/api/v1/order-fields/choices')),
  staleTime: 60_000,
})
export const putOrderField = (field: string, input: OrderFieldInput) =>
  body(api.PUT('/api/v1/order-fields/{field}', { params: { path: { field } }, body: input }))
export const deleteOrderField = (field: string) =>
  body(api.DELETE('/api/v1/order-fields/{field}', { params: { path: { field } } }))
export const orderStatusesQuery = queryOptions({
  queryKey: ['order-statuses'],
  queryFn: () => body(api.GET('/api/v1/order-statuses')),
})
export const setOrderStatus = (word: string, status: OrderStatus | null) =>
  body(api.PUT('/api/v1/order-statuses', { params: { query: { word } }, body: { status } }))
