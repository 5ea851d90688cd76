import { keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { ComputedTrait } from '../types'

const path = (id: string) => ({ params: { path: { trait_id: id } } })
const POLL_MS = 3_000
const isBusy = (trait: ComputedTrait) =>
  trait.running || trait.state === 'removing' || (trait.computed_at === null && trait.problem === null)

/** All computed traits; asked again while one of them is at work. */
export const computedTraitsQuery = (search = '') =>
  queryOptions({
    queryKey: ['computed', 'list', search],
    queryFn: () =>
      body(api.GET('/api/v1/computed-traits', { params: { query: search ? { search } : {} } })),
    refetchInterval: ({ state }) => (state.data?.some(isBusy) ? POLL_MS : false),
  })

export const computedTraitQuery = (id: string) =>
  queryOptions({
    queryKey: ['computed', id],
    queryFn: () => body(api.GET('/api/v1/computed-traits/{trait_id}', path(id))),
    refetchInterval: ({ state }) => (state.data && isBusy(state.data) ? POLL_MS : false),
  })

export const computedRunsQuery = (id: string, computedAt: string | null) =>
  queryOptions({
    queryKey: ['computed', id, 'runs', computedAt],
    queryFn: () => body(api.GET('/api/v1/computed-traits/{trait_id}/runs', path(id))),
    placeholderData: keepPreviousData,
  })

export const computedWhyQuery = (id: string, profileId: number | null) =>
  queryOptions({
    queryKey: ['computed', id, 'why', profileId],
    queryFn: () =>
      body(
        api.GET('/api/v1/computed-traits/{trait_id}/explanation', {
          params: { path: { trait_id: id }, query: { profile_id: profileId ?? 0 } },
        }),
      ),
    enabled: profileId !== null,
    retry: false,
  })

/** What a definition would give that is not saved; the last answer stays while the next is computed. */
export const computedPreviewQuery = (definition: unknown, enabled: boolean) =>
  queryOptions({
    queryKey: ['computed', 'preview', definition],
    queryFn: ({ signal }) => body(api.POST('/api/v1/computed-traits/preview', { body: { definition }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    enabled,
    retry: false,
  })

export const computedCheckQuery = (definition: unknown, name: string, enabled: boolean) =>
  queryOptions({
    queryKey: ['computed', 'check', definition, name],
    queryFn: ({ signal }) =>
      body(api.POST('/api/v1/computed-traits/check', { body: { definition, name }, signal })),
    placeholderData: keepPreviousData,
    enabled,
    retry: false,
  })

export const rfmGridQuery = (definition: unknown, enabled: boolean) =>
  queryOptions({
    queryKey: ['computed', 'grid', definition],
    queryFn: ({ signal }) => body(api.POST('/api/v1/computed-traits/grid', { body: { definition }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    enabled,
    retry: false,
  })

export const createComputedTrait = (trait: { name: string; title: string; definition: unknown }) =>
  body(api.POST('/api/v1/computed-traits', { body: trait }))

export const updateComputedTrait = (id: string, changes: { title?: string; definition?: unknown }) =>
  body(api.PATCH('/api/v1/computed-traits/{trait_id}', { ...path(id), body: changes }))

export const recomputeComputedTrait = (id: string) =>
  body(api.PUT('/api/v1/computed-traits/{trait_id}/recomputation', path(id)))

export const deleteComputedTrait = (id: string) =>
  body(api.DELETE('/api/v1/computed-traits/{trait_id}', path(id)))
