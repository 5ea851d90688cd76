import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { Lang, SuppressionReason } from '../types'

export const topicsQuery = queryOptions({
  queryKey: ['topics'],
  queryFn: () => body(api.GET('/api/v1/topics')),
})
export const createTopic = (topic: { name: string; description: string }) =>
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
