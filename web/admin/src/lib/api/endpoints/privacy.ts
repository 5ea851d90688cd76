import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { CalendarDay, ErasureBasis, Lang, Law, Purpose, RequestKind, RequestState, SuppressionReason } from '../types'

export const topicsQuery = queryOptions({
  queryKey: ['topics'],
  queryFn: () => body(api.GET('/api/v1/topics')),
})
export const createTopic = (topic: { name: string; description: string; parent_id: string | null }) =>
  body(api.POST('/api/v1/topics', { body: topic }))
export const updateTopic = (
  id: string,
  change: { name?: string; description?: string; archived?: boolean },
) => body(api.PATCH('/api/v1/topics/{topic_id}', { params: { path: { topic_id: id } }, body: change }))

export const consentPolicyQuery = queryOptions({
  queryKey: ['consent-policy'],
  queryFn: () => body(api.GET('/api/v1/consent-policy')),
})
export const setConsentPolicy = (email_needs_consent: boolean) =>
  body(api.PATCH('/api/v1/consent-policy', { body: { email_needs_consent } }))

export const consentTextsQuery = queryOptions({
  queryKey: ['consent-texts'],
  queryFn: () => body(api.GET('/api/v1/consent-texts')),
})
export const addConsentText = (text: { name: string; lang: Lang; text: string }) =>
  body(api.POST('/api/v1/consent-texts', { body: text }))

export const STOP_LIST_KEY = ['stop-list']
/** The stop list; `address` finds exactly one, because only codes of addresses are kept. */
export const stopListQuery = (address: string) =>
  infiniteQueryOptions({
    queryKey: [...STOP_LIST_KEY, address],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/suppressions', {
          params: { query: { cursor: pageParam, limit: 50, ...(address ? { address } : {}) } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
export const stopAddress = (address: string, reason: SuppressionReason) =>
  body(api.POST('/api/v1/suppressions', { body: { channel: 'email', address, reason } }))
export const freeAddress = (suppression_id: string) =>
  body(api.DELETE('/api/v1/suppressions/{suppression_id}', { params: { path: { suppression_id } } }))

export const consentChainQuery = queryOptions({
  queryKey: ['consent-chain'],
  queryFn: () => body(api.GET('/api/v1/consent-chain')),
})

/** Where a person stood at a moment; null: where he stands now. */
export const consentStatesQuery = (id: number, at: string | null) =>
  queryOptions({
    queryKey: ['profiles', id, 'consent-states', at],
    queryFn: () =>
      body(
        api.GET('/api/v1/profiles/{profile_id}/consent-states', {
          params: { path: { profile_id: id }, query: at ? { at } : {} },
        }),
      ),
    placeholderData: keepPreviousData,
  })
export const proofAddress = (id: number, entry: number, lang: Lang) =>
  `/api/v1/profiles/${id}/consents/${entry}/proof?in_lang=${lang}`

export const REQUESTS_KEY = ['person-requests']
export const personRequestsQuery = (state: RequestState | undefined, profile?: number) =>
  infiniteQueryOptions({
    queryKey: [...REQUESTS_KEY, state, profile],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/person-requests', {
          params: { query: { cursor: pageParam, limit: 50, state, profile_id: profile } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
export const requestTermsQuery = queryOptions({
  queryKey: ['request-terms'],
  queryFn: () => body(api.GET('/api/v1/person-requests/terms')),
  staleTime: Infinity,
})
export interface RequestInput {
  kind: RequestKind
  law: Law
  received_on: string
  profile_id: number | null
  person: string
  note: string
}
export const addRequest = (request: RequestInput) => body(api.POST('/api/v1/person-requests', { body: request }))
export const attachRequest = (request_id: string, profile_id: number) =>
  body(
    api.PATCH('/api/v1/person-requests/{request_id}', { params: { path: { request_id } }, body: { profile_id } }),
  )
export const extendRequest = (request_id: string, reason: string) =>
  body(
    api.PUT('/api/v1/person-requests/{request_id}/extension', {
      params: { path: { request_id } },
      body: { reason },
    }),
  )
export const answerRequest = (
  request_id: string,
  answer: { answer: string; refused: boolean; withdraw: Purpose[] },
) =>
  body(
    api.PUT('/api/v1/person-requests/{request_id}/answer', { params: { path: { request_id } }, body: answer }),
  )

export const personExportsQuery = (profile_id: number) =>
  queryOptions({
    queryKey: ['person-exports', profile_id],
    queryFn: () => body(api.GET('/api/v1/person-exports', { params: { query: { profile_id } } })),
    // A copy is made in seconds; until then the list is looked at again.
    refetchInterval: (query) => (query.state.data?.some((one) => one.state === 'waiting') ? 2_000 : false),
  })
export const orderExport = (profile_id: number) =>
  body(api.POST('/api/v1/person-exports', { body: { profile_id } }))
export const exportAddress = (id: string) => `/api/v1/person-exports/${id}/file`

export const ERASURES_KEY = ['erasures']
export const erasuresQuery = infiniteQueryOptions({
  queryKey: ERASURES_KEY,
  queryFn: ({ pageParam }) =>
    body(api.GET('/api/v1/erasures', { params: { query: { cursor: pageParam, limit: 50 } } })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
  refetchInterval: (query) =>
    query.state.data?.pages.some((page) => page.items.some((one) => one.state !== 'done')) ? 3_000 : false,
})
export const erasePerson = (erasure: {
  profile_id: number
  confirm: number
  basis: ErasureBasis
  reason: string
  request_id: string | null
}) => body(api.POST('/api/v1/erasures', { body: erasure }))
export const actAddress = (id: string, lang: Lang) => `/api/v1/erasures/${id}/act?in_lang=${lang}`

export const calendarQuery = queryOptions({
  queryKey: ['working-calendar'],
  queryFn: () => body(api.GET('/api/v1/working-calendar')),
})
export const setCalendar = (days: CalendarDay[]) => body(api.PUT('/api/v1/working-calendar', { body: { days } }))

export const retentionQuery = queryOptions({
  queryKey: ['retention'],
  queryFn: () => body(api.GET('/api/v1/retention')),
})
export const retentionPreviewQuery = (kind: string, keep_days: number) =>
  queryOptions({
    queryKey: ['retention', kind, keep_days],
    queryFn: () =>
      body(
        api.GET('/api/v1/retention/{kind}/preview', {
          params: { path: { kind }, query: { keep_days } },
        }),
      ),
    retry: false,
  })
export const setRetention = (kind: string, keep_days: number | null) =>
  body(api.PUT('/api/v1/retention/{kind}', { params: { path: { kind } }, body: { keep_days } }))
export const retentionRunsQuery = infiniteQueryOptions({
  queryKey: ['retention-runs'],
  queryFn: ({ pageParam }) =>
    body(api.GET('/api/v1/retention/runs', { params: { query: { cursor: pageParam, limit: 20 } } })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
})
