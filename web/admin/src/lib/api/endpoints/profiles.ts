import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { ConsentInput, IdentityRules } from '../types'

const first = undefined as string | undefined
const next = (page: { next_cursor: string | null }) => page.next_cursor ?? undefined

export const profilesQuery = (filter: { search?: string; segment_id?: string }) =>
  infiniteQueryOptions({
    queryKey: ['profiles', filter],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/profiles', {
          params: { query: { ...filter, cursor: pageParam, limit: 50 } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: next,
  })

export const profileQuery = (id: number) =>
  queryOptions({
    queryKey: ['profiles', id],
    queryFn: () => body(api.GET('/api/v1/profiles/{profile_id}', { params: { path: { profile_id: id } } })),
  })

export const profileMessagesQuery = (id: number) =>
  infiniteQueryOptions({
    queryKey: ['profiles', id, 'messages'],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/profiles/{profile_id}/messages', {
          params: { path: { profile_id: id }, query: { cursor: pageParam, limit: 50 } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: next,
  })

export const profileOrdersQuery = (id: number) =>
  infiniteQueryOptions({
    queryKey: ['profiles', id, 'orders'],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/profiles/{profile_id}/orders', {
          params: { path: { profile_id: id }, query: { cursor: pageParam, limit: 20 } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: next,
  })

export const profileConsentsQuery = (id: number) =>
  infiniteQueryOptions({
    queryKey: ['profiles', id, 'consents'],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/profiles/{profile_id}/consents', {
          params: { path: { profile_id: id }, query: { cursor: pageParam, limit: 50 } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: next,
  })

export const profileMergesQuery = (id: number) =>
  queryOptions({
    queryKey: ['profiles', id, 'merges'],
    queryFn: () => body(api.GET('/api/v1/profiles/{profile_id}/merges', { params: { path: { profile_id: id } } })),
  })

export const updateTraits = (id: number, traits: Record<string, unknown>) =>
  body(api.PATCH('/api/v1/profiles/{profile_id}', { params: { path: { profile_id: id } }, body: { traits } }))
export const recordConsent = (id: number, entry: ConsentInput) =>
  body(api.POST('/api/v1/profiles/{profile_id}/consents', { params: { path: { profile_id: id } }, body: entry }))
export const mergeProfiles = (id: number, from_id: number, traits: Record<string, unknown> | null = null) =>
  body(
    api.POST('/api/v1/profiles/{profile_id}/merges', { params: { path: { profile_id: id } }, body: { from_id, traits } }),
  )
export const undoMerge = (id: number, merge_id: string) =>
  body(
    api.DELETE('/api/v1/profiles/{profile_id}/merges/{merge_id}', { params: { path: { profile_id: id, merge_id } } }),
  )

export const identityRulesQuery = queryOptions({
  queryKey: ['identity-rules'],
  queryFn: () => body(api.GET('/api/v1/identity-rules')),
})
export const setIdentityRules = (rules: IdentityRules) =>
  body(api.PATCH('/api/v1/identity-rules', { body: rules }))
