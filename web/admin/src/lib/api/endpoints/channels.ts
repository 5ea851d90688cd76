import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'

export const sendersQuery = queryOptions({
  queryKey: ['senders'],
  queryFn: () => body(api.GET('/api/v1/senders')),
})
export const senderChecksQuery = (id: string) =>
  queryOptions({
    queryKey: ['senders', id, 'checks'],
    queryFn: () => body(api.GET('/api/v1/senders/{sender_id}/checks', { params: { path: { sender_id: id } } })),
    staleTime: 60_000,
  })
export const createSender = (sender: { name: string; email: string; reply_to: string | null }) =>
  body(api.POST('/api/v1/senders', { body: sender }))
export const updateSender = (
  id: string,
  change: { name?: string; reply_to?: string | null; is_default?: true },
) => body(api.PATCH('/api/v1/senders/{sender_id}', { params: { path: { sender_id: id } }, body: change }))
export const makeDkimKey = (id: string) =>
  body(api.POST('/api/v1/senders/{sender_id}/dkim', { params: { path: { sender_id: id } } }))
export const switchDkimKey = (id: string) =>
  body(api.POST('/api/v1/senders/{sender_id}/dkim/switch', { params: { path: { sender_id: id } } }))
export const deleteSender = (id: string) =>
  body(api.DELETE('/api/v1/senders/{sender_id}', { params: { path: { sender_id: id } } }))

export const caughtLettersQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ['caught', search],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/catcher/letters', {
          params: { query: { cursor: pageParam, limit: 50, ...(search ? { search } : {}) } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: 5_000,
  })
export const caughtLetterQuery = (id: number) =>
  queryOptions({
    queryKey: ['caught-letter', id],
    queryFn: () => body(api.GET('/api/v1/catcher/letters/{letter_id}', { params: { path: { letter_id: id } } })),
    staleTime: Infinity,
  })
export const clearCaughtLetters = () => body(api.DELETE('/api/v1/catcher/letters'))
