import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { FlowChoice, FlowPart, OverlapChoice, OverlapPart } from '../types'

const next = (page: { next_cursor: string | null }) => page.next_cursor ?? undefined

export const flowsQuery = (choice: FlowChoice) =>
  queryOptions({
    queryKey: ['segments', 'flows', choice],
    queryFn: ({ signal }) => body(api.POST('/api/v1/segments/flows', { body: choice, signal })),
    enabled: choice.segment_ids.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })

export const flowPeopleQuery = (part: FlowPart) =>
  infiniteQueryOptions({
    queryKey: ['segments', 'flows', 'people', part],
    queryFn: ({ pageParam }) =>
      body(
        api.POST('/api/v1/segments/flows/people', {
          params: { query: { cursor: pageParam, limit: 50 } },
          body: part,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: next,
  })

export const keepFlow = (part: FlowPart, name: string) =>
  body(api.POST('/api/v1/segments/flows/list', { body: { ...part, name } }))

export const overlapQuery = (choice: OverlapChoice) =>
  queryOptions({
    queryKey: ['segments', 'overlap', choice],
    queryFn: ({ signal }) => body(api.POST('/api/v1/segments/overlap', { body: choice, signal })),
    enabled: choice.segment_ids.length > 1,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    // A segment that was just made is counted within moments.
    refetchInterval: ({ state }) => (state.data?.segments.some((one) => one.at === null) ? 3_000 : false),
  })

export const overlapPeopleQuery = (part: OverlapPart) =>
  infiniteQueryOptions({
    queryKey: ['segments', 'overlap', 'people', part],
    queryFn: ({ pageParam }) =>
      body(
        api.POST('/api/v1/segments/overlap/people', {
          params: { query: { cursor: pageParam, limit: 50 } },
          body: part,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: next,
  })

export const keepOverlap = (part: OverlapPart, name: string) =>
  body(api.POST('/api/v1/segments/overlap/list', { body: { ...part, name } }))

export type Change = 'entered' | 'left'

/** `day`: of the workspace's zone, as the list of changes has it. */
export const changedPeopleQuery = (id: string, change: Change, day: string) =>
  infiniteQueryOptions({
    queryKey: ['segments', id, 'changes', 'people', change, day],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/segments/{segment_id}/changes/people', {
          params: {
            path: { segment_id: id },
            query: { change, day, cursor: pageParam, limit: 50 },
          },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: next,
  })

export const segmentChangesQuery = (id: string, days: number) =>
  queryOptions({
    queryKey: ['segments', id, 'changes', days],
    queryFn: () =>
      body(
        api.GET('/api/v1/segments/{segment_id}/changes', {
          params: { path: { segment_id: id }, query: { days } },
        }),
      ),
  })
