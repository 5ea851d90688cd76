import { queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { RelayInput, WarmupInput } from '../types'

export const relaysQuery = queryOptions({
  queryKey: ['relays'],
  queryFn: () => body(api.GET('/api/v1/relays')),
  refetchInterval: 10_000,
})
export const pacesQuery = queryOptions({
  queryKey: ['relay-paces'],
  queryFn: () => body(api.GET('/api/v1/relays/paces')),
  refetchInterval: 5_000,
})
/** Where the letters of each sender go, the default sender first. */
export const senderWaysQuery = queryOptions({
  queryKey: ['relays', 'ways'],
  queryFn: () => body(api.GET('/api/v1/relays/ways')),
})
export const createRelay = (relay: RelayInput) => body(api.POST('/api/v1/relays', { body: relay }))
export const changeRelay = (id: string, relay: RelayInput) =>
  body(api.PUT('/api/v1/relays/{relay_id}', { params: { path: { relay_id: id } }, body: relay }))
export const deleteRelay = (id: string) =>
  body(api.DELETE('/api/v1/relays/{relay_id}', { params: { path: { relay_id: id } } }))
export const tryRelay = (relay: RelayInput, id: string | null) =>
  body(api.POST('/api/v1/relays/trial', { body: { relay, relay_id: id } }))
export const forgetLimits = (id: string) =>
  body(api.POST('/api/v1/relays/{relay_id}/forget-limits', { params: { path: { relay_id: id } } }))

export const domainWarmupsQuery = queryOptions({
  queryKey: ['domain-warmups'],
  queryFn: () => body(api.GET('/api/v1/domain-warmups')),
})
export const putDomainWarmup = (domain: string, plan: WarmupInput) =>
  body(api.PUT('/api/v1/domain-warmups/{domain}', { params: { path: { domain } }, body: plan }))
export const endDomainWarmup = (domain: string) =>
  body(api.DELETE('/api/v1/domain-warmups/{domain}', { params: { path: { domain } } }))
