import { keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { ContentFeedChange, ContentFeedInput, JsonFields } from '../types'

export const contentFeedsQuery = queryOptions({
  queryKey: ['content-feeds'],
  queryFn: () => body(api.GET('/api/v1/content-feeds')),
})
export const contentFeedQuery = (id: string) =>
  queryOptions({
    queryKey: ['content-feeds', id],
    queryFn: () => body(api.GET('/api/v1/content-feeds/{feed_id}', { params: { path: { feed_id: id } } })),
    // The first fetch is a job of the background.
    refetchInterval: (query) => (query.state.data && !query.state.data.fetched_at ? 2_000 : false),
  })
export const feedItemsQuery = (id: string, freshAt: string | null) =>
  queryOptions({
    queryKey: ['content-feeds', id, 'items', freshAt],
    queryFn: () =>
      body(api.GET('/api/v1/content-feeds/{feed_id}/items', { params: { path: { feed_id: id }, query: { limit: 50 } } })),
    placeholderData: keepPreviousData,
  })
export const feedCategoriesQuery = (id: string, freshAt: string | null) =>
  queryOptions({
    queryKey: ['content-feeds', id, 'categories', freshAt],
    queryFn: () => body(api.GET('/api/v1/content-feeds/{feed_id}/categories', { params: { path: { feed_id: id } } })),
    placeholderData: keepPreviousData,
  })
export const checkContentFeed = (address: { url: string; fields: JsonFields | null }) =>
  body(api.POST('/api/v1/content-feeds/check', { body: address }))
export const createContentFeed = (feed: ContentFeedInput) => body(api.POST('/api/v1/content-feeds', { body: feed }))
export const updateContentFeed = (id: string, change: ContentFeedChange) =>
  body(api.PATCH('/api/v1/content-feeds/{feed_id}', { params: { path: { feed_id: id } }, body: change }))
export const deleteContentFeed = (id: string) =>
  body(api.DELETE('/api/v1/content-feeds/{feed_id}', { params: { path: { feed_id: id } } }))
export const fetchContentFeed = (id: string) =>
  body(api.POST('/api/v1/content-feeds/{feed_id}/fetch', { params: { path: { feed_id: id } } }))
