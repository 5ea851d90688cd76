import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'

const first = undefined as string | undefined
const next = (page: { next_cursor: string | null }) => page.next_cursor ?? undefined

export const eventsQuery = (name: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['events', name ?? null],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/events', {
          params: { query: { cursor: pageParam, limit: 50, ...(name ? { name } : {}) } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: next,
  })

export const eventNamesQuery = queryOptions({
  queryKey: ['event-names'],
  queryFn: () => body(api.GET('/api/v1/events/names')),
})

export const eventSeriesQuery = (name: string, days: number) =>
  queryOptions({
    queryKey: ['event-names', name, 'series', days],
    queryFn: () =>
      body(
        api.GET('/api/v1/events/series', { params: { query: { name, days } } }),
      ),
  })

export const rejectsQuery = (code: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['rejects', code ?? null],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/rejects', {
          params: { query: { cursor: pageParam, limit: 50, ...(code ? { code } : {}) } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: next,
  })

export const quarantineQuery = queryOptions({
  queryKey: ['quarantine'],
  queryFn: () => body(api.GET('/api/v1/quarantine')),
})

export const releaseBatch = (batchId: string) =>
  body(api.PUT('/api/v1/quarantine/{batch_id}/release', { params: { path: { batch_id: batchId } } }))

export const liveEventsUrl = '/api/v1/events/live'
