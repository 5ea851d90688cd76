import { queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { Exchange, NewExchange } from '../types'

const LIVE_MS = 5_000

export const exchangesQuery = queryOptions({
  queryKey: ['exchanges'],
  queryFn: () => body(api.GET('/api/v1/exchanges')),
  refetchInterval: 15_000,
})
export const exchangeQuery = (exchange_id: string) =>
  queryOptions({
    queryKey: ['exchanges', exchange_id],
    queryFn: () => body(api.GET('/api/v1/exchanges/{exchange_id}', { params: { path: { exchange_id } } })),
    refetchInterval: LIVE_MS,
  })
/** Exchanges as they were, newest first; while one runs its files change by themselves. */
export const exchangeLogQuery = (exchange_id: string) =>
  queryOptions({
    queryKey: ['exchanges', exchange_id, 'log'],
    queryFn: () =>
      body(api.GET('/api/v1/exchanges/{exchange_id}/sessions', { params: { path: { exchange_id } } })),
    refetchInterval: LIVE_MS,
  })
export const createExchange = (made: NewExchange) => body(api.POST('/api/v1/exchanges', { body: made }))
export const updateExchange = (
  exchange_id: string,
  change: Partial<Pick<Exchange, 'name' | 'catalogue' | 'orders' | 'encoding' | 'price_type'>>,
) => body(api.PATCH('/api/v1/exchanges/{exchange_id}', { params: { path: { exchange_id } }, body: change }))
export const renewExchangePassword = (exchange_id: string) =>
  body(api.POST('/api/v1/exchanges/{exchange_id}/password', { params: { path: { exchange_id } } }))
export const deleteExchange = (exchange_id: string) =>
  body(api.DELETE('/api/v1/exchanges/{exchange_id}', { params: { path: { exchange_id } } }))
