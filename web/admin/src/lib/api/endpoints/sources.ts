import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { HookCall, HookCheck, HookMapping, HookService, HookSource } from '../types'

const WAIT_MS = 2_000
const LIVE_MS = 5_000

export const sourcesQuery = queryOptions({
  queryKey: ['sources'],
  queryFn: () => body(api.GET('/api/v1/sources')),
  refetchInterval: 15_000,
})
export const sourceQuery = (source_id: string) =>
  queryOptions({
    queryKey: ['sources', source_id],
    queryFn: () => body(api.GET('/api/v1/sources/{source_id}', { params: { path: { source_id } } })),
    // Somebody sits before the page and waits for the first call.
    refetchInterval: (query) => (query.state.data?.state === 'new' ? WAIT_MS : LIVE_MS),
  })
export const createSource = (name: string, service: HookService) =>
  body(api.POST('/api/v1/sources', { body: { name, service } }))
export const updateSource = (
  source_id: string,
  change: Partial<Pick<HookSource, 'name' | 'networks' | 'keep_days' | 'repeat_window_s'>> & {
    is_on?: boolean
    id_path?: string[]
  },
) => body(api.PATCH('/api/v1/sources/{source_id}', { params: { path: { source_id } }, body: change }))
export const deleteSource = (source_id: string) =>
  body(api.DELETE('/api/v1/sources/{source_id}', { params: { path: { source_id } } }))
export const setSourceCheck = (source_id: string, check: HookCheck, secret: string | null) =>
  body(
    api.PUT('/api/v1/sources/{source_id}/check', {
      params: { path: { source_id } },
      body: { check, secret },
    }),
  )
export const setSourceMapping = (source_id: string, mapping: HookMapping, replay_caught: boolean) =>
  body(
    api.PUT('/api/v1/sources/{source_id}/mapping', {
      params: { path: { source_id } },
      body: { mapping, replay_caught },
    }),
  )
/** A call and what becomes of it; without a mapping, by the saved or the suggested one. */
export const sourcePreviewQuery = (
  source_id: string,
  call_id: string | null,
  mapping: HookMapping | null,
  enabled: boolean,
) =>
  queryOptions({
    queryKey: ['sources', source_id, 'preview', call_id, mapping],
    queryFn: ({ signal }) =>
      body(
        api.POST('/api/v1/sources/{source_id}/preview', {
          params: { path: { source_id } },
          body: { call_id, mapping },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    retry: false,
    enabled,
  })

export const sourceCallsQuery = (source_id: string, state: HookCall['state'] | null) =>
  infiniteQueryOptions({
    queryKey: ['sources', source_id, 'calls', state],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/sources/{source_id}/calls', {
          params: {
            path: { source_id },
            query: { cursor: pageParam, limit: 50, ...(state ? { status: state } : {}) },
          },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: LIVE_MS,
  })
export const sourceCallQuery = (source_id: string, call_id: string) =>
  queryOptions({
    queryKey: ['sources', source_id, 'call', call_id],
    queryFn: () =>
      body(
        api.GET('/api/v1/sources/{source_id}/calls/{call_id}', {
          params: { path: { source_id, call_id } },
        }),
      ),
    // Whose the call is becomes known when its events are stored, a moment after it was mapped.
    refetchInterval: (query) => {
      const call = query.state.data?.call
      const isUnderWay = call?.state === 'waiting' || (call?.state === 'mapped' && call.profile_id === null)
      return isUnderWay ? WAIT_MS : false
    },
  })
export const replayCalls = (
  source_id: string,
  which: { call_id?: string; states?: HookCall['state'][]; since?: string; until?: string },
) =>
  body(
    api.POST('/api/v1/sources/{source_id}/replays', { params: { path: { source_id } }, body: which }),
  )
