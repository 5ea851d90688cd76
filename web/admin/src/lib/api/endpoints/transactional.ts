import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { TransactionalChanges, TransactionalInput } from '../types'

const of = (id: string) => ({ params: { path: { letter_id: id } } })
const SOON = 3_000

export const transactionalsQuery = queryOptions({
  queryKey: ['transactional'],
  queryFn: () => body(api.GET('/api/v1/transactional')),
})
export const transactionalQuery = (id: string) =>
  queryOptions({
    queryKey: ['transactional', id],
    queryFn: () => body(api.GET('/api/v1/transactional/{letter_id}', of(id))),
    refetchInterval: (query) => (query.state.data?.counts?.pending ? SOON : false),
  })
export const requestedMessagesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['transactional', id, 'messages'],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/transactional/{letter_id}/messages', {
          params: { path: { letter_id: id }, query: { cursor: pageParam, limit: 20 } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.items.some(isUnderWay)) ? SOON : false,
  })
const isUnderWay = ({ state }: { state: string }) => state === 'asked' || state === 'planned'

/** The letter of a request as it was sent, by the id of the request or the number of its message. */
export const messageLetterQuery = (of: string | number) =>
  queryOptions({
    queryKey: ['transactional', 'letter', of],
    queryFn: () =>
      body(
        typeof of === 'number'
          ? api.GET('/api/v1/messages/sent/{message_id}/letter', { params: { path: { message_id: of } } })
          : api.GET('/api/v1/messages/{message_id}/letter', { params: { path: { message_id: of } } }),
      ),
    staleTime: Infinity,
  })

export const createTransactional = (data: TransactionalInput) =>
  body(api.POST('/api/v1/transactional', { body: data }))
export const changeTransactional = (id: string, changes: TransactionalChanges) =>
  body(api.PATCH('/api/v1/transactional/{letter_id}', { ...of(id), body: changes }))
export const deleteTransactional = (id: string) => body(api.DELETE('/api/v1/transactional/{letter_id}', of(id)))
export const publishTransactional = (id: string) =>
  body(api.POST('/api/v1/transactional/{letter_id}/publish', of(id)))
export const pauseTransactional = (id: string) => body(api.POST('/api/v1/transactional/{letter_id}/pause', of(id)))
export const resumeTransactional = (id: string) => body(api.POST('/api/v1/transactional/{letter_id}/resume', of(id)))
export const closeTransactional = (id: string) => body(api.POST('/api/v1/transactional/{letter_id}/close', of(id)))
