import { queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { SendingPolicy } from '../types'

export const sendingPolicyQuery = queryOptions({
  queryKey: ['sending-policy'],
  queryFn: () => body(api.GET('/api/v1/sending-policy')),
})
export const setSendingPolicy = (rules: { policy: SendingPolicy; version: number }) =>
  body(api.PUT('/api/v1/sending-policy', { body: rules }))

export const russianHolidaysQuery = queryOptions({
  queryKey: ['sending-policy', 'russian-holidays'],
  queryFn: () => body(api.GET('/api/v1/sending-policy/holidays/russia')),
  staleTime: Infinity,
})

/** What the sending rules mean for one person now. */
export const personSendingQuery = (id: number) =>
  queryOptions({
    queryKey: ['profiles', id, 'sending'],
    queryFn: () => body(api.GET('/api/v1/profiles/{profile_id}/sending', { params: { path: { profile_id: id } } })),
  })
