import { keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { RegularChanges, RegularInput, RegularPlan } from '../types'

const at = (id: string) => ({ params: { path: { regular_id: id } } })

export const regularListQuery = queryOptions({
  queryKey: ['regular'],
  queryFn: () => body(api.GET('/api/v1/regular-mailings')),
})
export const regularQuery = (id: string) =>
  queryOptions({
    queryKey: ['regular', id],
    queryFn: () => body(api.GET('/api/v1/regular-mailings/{regular_id}', at(id))),
  })
export const regularRunsQuery = (id: string) =>
  queryOptions({
    queryKey: ['regular', id, 'runs'],
    queryFn: () => body(api.GET('/api/v1/regular-mailings/{regular_id}/runs', at(id))),
    refetchInterval: 15_000,
  })
export const regularReportQuery = (id: string) =>
  queryOptions({
    queryKey: ['regular', id, 'report'],
    queryFn: () => body(api.GET('/api/v1/regular-mailings/{regular_id}/report', at(id))),
  })
export const regularChecksQuery = (id: string, version: number) =>
  queryOptions({
    queryKey: ['regular', id, 'checks', version],
    queryFn: () => body(api.GET('/api/v1/regular-mailings/{regular_id}/checks', at(id))),
    placeholderData: keepPreviousData,
    retry: false,
  })
export const regularPreviewQuery = (id: string, version: number, profile_id: number | null) =>
  queryOptions({
    queryKey: ['regular', id, 'preview', version, profile_id],
    queryFn: () =>
      body(
        api.GET('/api/v1/regular-mailings/{regular_id}/preview', {
          params: { path: { regular_id: id }, query: { profile_id } },
        }),
      ),
    placeholderData: keepPreviousData,
    retry: false,
  })
export const regularMomentsQuery = (plan: RegularPlan) =>
  queryOptions({
    queryKey: ['regular', 'moments', plan],
    queryFn: () => body(api.POST('/api/v1/regular-mailings/moments', { body: plan })),
    placeholderData: keepPreviousData,
    retry: false,
  })
export const plannedRunsQuery = (since: string, until: string) =>
  queryOptions({
    queryKey: ['regular', 'calendar', since, until],
    queryFn: () => body(api.GET('/api/v1/regular-mailings/calendar', { params: { query: { since, until } } })),
    placeholderData: keepPreviousData,
  })
export const createRegular = (mailing: RegularInput) => body(api.POST('/api/v1/regular-mailings', { body: mailing }))
export const updateRegular = (id: string, change: RegularChanges) =>
  body(api.PATCH('/api/v1/regular-mailings/{regular_id}', { ...at(id), body: change }))
export const deleteRegular = (id: string) => body(api.DELETE('/api/v1/regular-mailings/{regular_id}', at(id)))
export const startRegular = (id: string) => body(api.PUT('/api/v1/regular-mailings/{regular_id}/start', at(id)))
export const pauseRegular = (id: string) => body(api.PUT('/api/v1/regular-mailings/{regular_id}/pause', at(id)))
export const finishRegular = (id: string) => body(api.PUT('/api/v1/regular-mailings/{regular_id}/finish', at(id)))
export const skipRegularRun = (id: string) => body(api.PUT('/api/v1/regular-mailings/{regular_id}/skip', at(id)))
export const keepRegularRun = (id: string) => body(api.DELETE('/api/v1/regular-mailings/{regular_id}/skip', at(id)))
export const testRegular = (id: string, addresses: string[], profile_id: number | null) =>
  body(api.POST('/api/v1/regular-mailings/{regular_id}/test', { ...at(id), body: { addresses, profile_id } }))
export const askRegularApproval = (id: string, note: string) =>
  body(api.PUT('/api/v1/regular-mailings/{regular_id}/approval', { ...at(id), body: { note } }))
export const takeBackRegularApproval = (id: string) =>
  body(api.DELETE('/api/v1/regular-mailings/{regular_id}/approval', at(id)))
export const decideRegularApproval = (id: string, approve: boolean, note: string) =>
  body(api.PUT('/api/v1/regular-mailings/{regular_id}/approval/decision', { ...at(id), body: { approve, note } }))
