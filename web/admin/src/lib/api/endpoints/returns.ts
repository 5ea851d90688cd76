import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { ReportProvider, ReturnKind, ReturnVerdict } from '../types'

export const RETURNED_KEY = ['returned-mails'] as const

export interface ReturnedFilter {
  kind?: ReturnKind
  verdict?: ReturnVerdict
}

export const returnedMailsQuery = (filter: ReturnedFilter) =>
  infiniteQueryOptions({
    queryKey: [...RETURNED_KEY, 'list', filter],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/returned-mails', {
          params: { query: { ...filter, cursor: pageParam, limit: 50 } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: 30_000,
  })
export const returnedMailQuery = (return_id: number) =>
  queryOptions({
    queryKey: [...RETURNED_KEY, return_id],
    queryFn: () => body(api.GET('/api/v1/returned-mails/{return_id}', { params: { path: { return_id } } })),
  })
export const returnedSourceQuery = (return_id: number, enabled: boolean) =>
  queryOptions({
    queryKey: [...RETURNED_KEY, return_id, 'source'],
    queryFn: () =>
      body(api.GET('/api/v1/returned-mails/{return_id}/source', { params: { path: { return_id } } })),
    staleTime: Infinity,
    enabled,
  })
export const judgeReturnedAgain = (return_id: number) =>
  body(api.POST('/api/v1/returned-mails/{return_id}/judgement', { params: { path: { return_id } } }))
export const liftReturnedStop = (return_id: number) =>
  body(api.PUT('/api/v1/returned-mails/{return_id}/lifting', { params: { path: { return_id } } }))

export const returnServerQuery = queryOptions({
  queryKey: ['return-server'],
  queryFn: () => body(api.GET('/api/v1/return-server')),
})
export const checkReturnServer = () => body(api.POST('/api/v1/return-server/check'))

export const returnMailboxesQuery = queryOptions({
  queryKey: ['return-mailboxes'],
  queryFn: () => body(api.GET('/api/v1/return-mailboxes')),
  refetchInterval: 30_000,
})
export interface MailboxInput {
  host: string
  port: number
  username: string
  password: string
  folder: string
}
export const createReturnMailbox = (mailbox: MailboxInput) =>
  body(api.POST('/api/v1/return-mailboxes', { body: mailbox }))
export const changeReturnMailbox = (
  mailbox_id: string,
  change: Partial<MailboxInput> & { enabled?: boolean },
) => body(api.PATCH('/api/v1/return-mailboxes/{mailbox_id}', { params: { path: { mailbox_id } }, body: change }))
export const deleteReturnMailbox = (mailbox_id: string) =>
  body(api.DELETE('/api/v1/return-mailboxes/{mailbox_id}', { params: { path: { mailbox_id } } }))
export const lookIntoReturnMailbox = (mailbox_id: string) =>
  body(api.POST('/api/v1/return-mailboxes/{mailbox_id}/look', { params: { path: { mailbox_id } } }))

export const reportHooksQuery = queryOptions({
  queryKey: ['report-hooks'],
  queryFn: () => body(api.GET('/api/v1/report-hooks')),
  refetchInterval: 30_000,
})
export const putReportHook = (provider: ReportProvider, secret: string | null) =>
  body(api.PUT('/api/v1/report-hooks/{provider}', { params: { path: { provider } }, body: { secret } }))
export const changeReportHookKey = (provider: ReportProvider, secret: string) =>
  body(api.PATCH('/api/v1/report-hooks/{provider}', { params: { path: { provider } }, body: { secret } }))
export const deleteReportHook = (provider: ReportProvider) =>
  body(api.DELETE('/api/v1/report-hooks/{provider}', { params: { path: { provider } } }))
