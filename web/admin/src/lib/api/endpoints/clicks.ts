import { queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import { keyOf, pathOf, type ReportOf, urlOf } from '../reportOf'

interface Asked {
  variant: string
  part: 'first' | 'rest'
}

/** The letter of a variant with who followed what in it. */
export const clickMapQuery = (of: ReportOf, asked: Asked) =>
  queryOptions({
    queryKey: [...keyOf(of), 'clicks', asked],
    queryFn: ({ signal }) =>
      body(
        api.GET(pathOf(of, '/api/v1/campaigns/{campaign_id}/report/clicks'), {
          params: { path: { campaign_id: of.id }, query: { ...of.asked, ...asked } },
          signal,
        }),
      ),
    staleTime: 30_000,
  })

/** Openings and clicks of people, mailboxes and scanners, each with its reason. */
export const hitsQuery = (of: ReportOf, part: 'first' | 'rest') =>
  queryOptions({
    queryKey: [...keyOf(of), 'hits', part],
    queryFn: ({ signal }) =>
      body(
        api.GET(pathOf(of, '/api/v1/campaigns/{campaign_id}/report/hits'), {
          params: { path: { campaign_id: of.id }, query: { ...of.asked, part } },
          signal,
        }),
      ),
    staleTime: 30_000,
  })

export const clickMapCsvUrl = (of: ReportOf, asked: Asked) =>
  `${urlOf(of)}/report/clicks.csv?${new URLSearchParams({ ...of.asked, ...asked })}`
