import { queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'

export const trackingDomainsQuery = queryOptions({
  queryKey: ['tracking-domains'],
  queryFn: () => body(api.GET('/api/v1/tracking-domains')),
})

interface NewDomain {
  host: string
  sender_domain: string | null
  secure: boolean
}
const at = (id: string) => ({ params: { path: { domain_id: id } } })

export const addTrackingDomain = (domain: NewDomain) => body(api.POST('/api/v1/tracking-domains', { body: domain }))
export const changeTrackingDomain = (id: string, change: Partial<Omit<NewDomain, 'host'>>) =>
  body(api.PATCH('/api/v1/tracking-domains/{domain_id}', { ...at(id), body: change }))
export const checkTrackingDomain = (id: string) =>
  body(api.POST('/api/v1/tracking-domains/{domain_id}/check', at(id)))
export const removeTrackingDomain = (id: string) => body(api.DELETE('/api/v1/tracking-domains/{domain_id}', at(id)))
