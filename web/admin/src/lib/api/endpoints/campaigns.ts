import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { CampaignInput, CampaignState, TemplateChanges } from '../types'

const first = undefined as string | undefined
const next = (page: { next_cursor: string | null }) => page.next_cursor ?? undefined

export const campaignsQuery = (filter: { search?: string; state?: CampaignState }) =>
  infiniteQueryOptions({
    queryKey: ['campaigns', 'list', filter],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/campaigns', {
          params: { query: { ...filter, cursor: pageParam, limit: 50 } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: next,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) =>
        page.items.some((item) => item.state === 'running' || item.state === 'preparing'),
      )
        ? 3_000
        : false,
  })
export const campaignQuery = (id: string) =>
  queryOptions({
    queryKey: ['campaigns', id],
    queryFn: () => body(api.GET('/api/v1/campaigns/{campaign_id}', { params: { path: { campaign_id: id } } })),
    // Who waits for an approval sees it come.
    refetchInterval: (query) => (query.state.data?.approval?.state === 'requested' ? 10_000 : false),
  })
/** Counted from the saved draft; `revision` changes with each save that touches the audience. */
export const audienceQuery = (id: string, revision: string) =>
  queryOptions({
    queryKey: ['campaigns', id, 'audience', revision],
    queryFn: () => body(api.GET('/api/v1/campaigns/{campaign_id}/audience', { params: { path: { campaign_id: id } } })),
    placeholderData: keepPreviousData,
    retry: false,
  })
/** `letters` and `control` are the people whom the audience counts. */
export const forecastQuery = (id: string, revision: string, letters: number, control: number) =>
  queryOptions({
    queryKey: ['campaigns', id, 'forecast', revision, letters, control],
    queryFn: () =>
      body(
        api.GET('/api/v1/campaigns/{campaign_id}/forecast', {
          params: { path: { campaign_id: id }, query: { letters, control } },
        }),
      ),
    placeholderData: keepPreviousData,
    retry: false,
  })
export const checksQuery = (id: string, revision: string) =>
  queryOptions({
    queryKey: ['campaigns', id, 'checks', revision],
    queryFn: () => body(api.GET('/api/v1/campaigns/{campaign_id}/checks', { params: { path: { campaign_id: id } } })),
    placeholderData: keepPreviousData,
    retry: false,
  })
export const progressQuery = (id: string) =>
  queryOptions({
    queryKey: ['campaigns', id, 'progress'],
    queryFn: () => body(api.GET('/api/v1/campaigns/{campaign_id}/progress', { params: { path: { campaign_id: id } } })),
  })
export const recipientsQuery = (
  id: string,
  filter: { state?: string; reason?: string; variant?: string },
) =>
  infiniteQueryOptions({
    queryKey: ['campaigns', id, 'recipients', filter],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/campaigns/{campaign_id}/recipients', {
          params: { path: { campaign_id: id }, query: { ...filter, cursor: pageParam, limit: 50 } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: next,
  })

export const createCampaign = (campaign: CampaignInput) =>
  body(api.POST('/api/v1/campaigns', { body: campaign }))
export const updateCampaign = (id: string, change: Partial<CampaignInput> & { version?: number }) =>
  body(api.PATCH('/api/v1/campaigns/{campaign_id}', { params: { path: { campaign_id: id } }, body: change }))
export const deleteCampaign = (id: string) =>
  body(api.DELETE('/api/v1/campaigns/{campaign_id}', { params: { path: { campaign_id: id } } }))
export const duplicateCampaign = (id: string) =>
  body(api.POST('/api/v1/campaigns/{campaign_id}/duplicate', { params: { path: { campaign_id: id } } }))

export const templatesQuery = queryOptions({
  queryKey: ['campaign-templates'],
  queryFn: () => body(api.GET('/api/v1/campaign-templates')),
})
/** Keeps what a mailing is made of, without its moment and its result. */
export const saveTemplate = (template: { campaign_id: string; name: string; description: string }) =>
  body(api.POST('/api/v1/campaign-templates', { body: template }))
export const changeTemplate = (id: string, change: TemplateChanges) =>
  body(
    api.PATCH('/api/v1/campaign-templates/{template_id}', { params: { path: { template_id: id } }, body: change }),
  )
export const deleteTemplate = (id: string) =>
  body(api.DELETE('/api/v1/campaign-templates/{template_id}', { params: { path: { template_id: id } } }))
export const campaignFromTemplate = (id: string, name: string | null) =>
  body(
    api.POST('/api/v1/campaign-templates/{template_id}/campaigns', {
      params: { path: { template_id: id } },
      body: { name },
    }),
  )

/** `version`: the draft that the launcher sees; another one is not launched. */
export const launchCampaign = (id: string, confirm_count: number, version: number) =>
  body(
    api.PUT('/api/v1/campaigns/{campaign_id}/launch', {
      params: { path: { campaign_id: id } },
      body: { confirm_count, version },
    }),
  )
export const pauseCampaign = (id: string) =>
  body(api.PUT('/api/v1/campaigns/{campaign_id}/pause', { params: { path: { campaign_id: id } } }))
export const resumeCampaign = (id: string) =>
  body(api.DELETE('/api/v1/campaigns/{campaign_id}/pause', { params: { path: { campaign_id: id } } }))
export const finishCampaign = (id: string) =>
  body(api.PUT('/api/v1/campaigns/{campaign_id}/finish', { params: { path: { campaign_id: id } } }))

/** Lets the rest of a mailing that went to a part first have a variant. */
export const sendRest = (id: string, variant: string) =>
  body(api.PUT('/api/v1/campaigns/{campaign_id}/rest', { params: { path: { campaign_id: id } }, body: { variant } }))

export const askApproval = (id: string, note: string) =>
  body(
    api.PUT('/api/v1/campaigns/{campaign_id}/approval', { params: { path: { campaign_id: id } }, body: { note } }),
  )
export const takeBackApproval = (id: string) =>
  body(api.DELETE('/api/v1/campaigns/{campaign_id}/approval', { params: { path: { campaign_id: id } } }))
export const decideApproval = (id: string, approve: boolean, note: string) =>
  body(
    api.PUT('/api/v1/campaigns/{campaign_id}/approval/decision', {
      params: { path: { campaign_id: id } },
      body: { approve, note },
    }),
  )

/** What went out and what is planned between two moments. */
export const campaignCalendarQuery = (since: string, until: string) =>
  queryOptions({
    queryKey: ['campaigns', 'calendar', since, until],
    queryFn: () => body(api.GET('/api/v1/campaigns/calendar', { params: { query: { since, until } } })),
    placeholderData: keepPreviousData,
  })

export const liveProgressUrl = (id: string) => `/api/v1/campaigns/${id}/progress/live`
