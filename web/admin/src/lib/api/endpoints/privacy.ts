import { queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'

export const topicsQuery = queryOptions({
  queryKey: ['topics'],
  queryFn: () => body(api.GET('/api/v1/topics')),
})
export const createTopic = (topic: { name: string; description: string }) =>
  body(api.POST('/api/v1/topics', { body: topic }))
export const updateTopic = (
  id: string,
  change: { name?: string; description?: string; archived?: boolean },
) => body(api.PATCH('/api/v1/topics/{id}', { params: { path: { id } }, body: change }))

export const consentPolicyQuery = queryOptions({
  queryKey: ['consent-policy'],
  queryFn: () => body(api.GET('/api/v1/consent-policy')),
})
export const setConsentPolicy = (email_needs_consent: boolean) =>
  body(api.PATCH('/api/v1/consent-policy', { body: { email_needs_consent } }))
