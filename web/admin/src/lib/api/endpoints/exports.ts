import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type {
  DestinationInput,
  ExportFormat,
  ExportPlan,
  ExportSubject,
  FileExport,
  Forwarding,
  ForwardingChoice,
  ForwardingInput,
  ScheduleInput,
} from '../types'

const first = undefined as string | undefined
const next = (page: { next_cursor: string | null }) => page.next_cursor ?? undefined
export const isUnderWay = (item: FileExport) => item.state === 'queued' || item.state === 'running'

// ── files ───────────────────────────────────────────────────────────────────────────────────

export const exportsQuery = infiniteQueryOptions({
  queryKey: ['exports', 'files'],
  queryFn: ({ pageParam }) =>
    body(api.GET('/api/v1/exports', { params: { query: { cursor: pageParam, limit: 50 } } })),
  initialPageParam: first,
  getNextPageParam: next,
  refetchInterval: (query) =>
    query.state.data?.pages.some((page) => page.items.some(isUnderWay)) ? 1_500 : false,
})
export const exportColumnsQuery = (subject: ExportSubject) =>
  queryOptions({
    queryKey: ['exports', 'columns', subject],
    queryFn: () => body(api.GET('/api/v1/exports/columns', { params: { query: { subject } } })),
  })
export const createExport = (plan: ExportPlan, name: string) =>
  body(api.POST('/api/v1/exports', { body: { plan, name } }))
const one = (id: string) => ({ params: { path: { export_id: id } } })
export const cancelExport = (id: string) =>
  body(api.PUT('/api/v1/exports/files/{export_id}/cancellation', one(id)))
export const retryExport = (id: string) => body(api.PUT('/api/v1/exports/files/{export_id}/retry', one(id)))
export const deleteExport = (id: string) => body(api.DELETE('/api/v1/exports/files/{export_id}', one(id)))
export const linkExport = (id: string) => body(api.POST('/api/v1/exports/files/{export_id}/link', one(id)))

/** The address that answers with the file itself; the browser saves it while it comes. */
export function exportUrl(subject: ExportSubject, format: ExportFormat, plan: ExportPlan): string {
  const query = new URLSearchParams()
  for (const column of plan.columns ?? []) query.append('columns', column)
  // One name alone would be cut at its commas; an empty second part keeps it whole.
  if (plan.columns?.length === 1) query.append('columns', '')
  for (const name of plan.names ?? []) query.append('name', name)
  if (plan.segment_id) query.set('segment_id', plan.segment_id)
  if (plan.source_id) query.set('source_id', plan.source_id)
  if (plan.since) query.set('since', plan.since)
  if (plan.until) query.set('until', plan.until)
  if (plan.separator) query.set('separator', plan.separator)
  if (plan.bom) query.set('bom', 'true')
  if (plan.zone) query.set('zone', plan.zone)
  if (plan.compress) query.set('compress', plan.compress)
  return `/api/v1/exports/${subject}.${format}?${query.toString()}`
}

// ── schedules ───────────────────────────────────────────────────────────────────────────────

export const schedulesQuery = queryOptions({
  queryKey: ['exports', 'schedules'],
  queryFn: () => body(api.GET('/api/v1/exports/schedules')),
  refetchInterval: (query) =>
    query.state.data?.some((row) => row.last && isUnderWay(row.last)) ? 2_000 : false,
})
export const createSchedule = (data: ScheduleInput) =>
  body(api.POST('/api/v1/exports/schedules', { body: data }))
export const updateSchedule = (id: string, data: ScheduleInput) =>
  body(
    api.PUT('/api/v1/exports/schedules/{schedule_id}', {
      params: { path: { schedule_id: id } },
      body: data,
    }),
  )
export const deleteSchedule = (id: string) =>
  body(api.DELETE('/api/v1/exports/schedules/{schedule_id}', { params: { path: { schedule_id: id } } }))
export const runSchedule = (id: string) =>
  body(api.POST('/api/v1/exports/schedules/{schedule_id}/run', { params: { path: { schedule_id: id } } }))

// ── destinations ────────────────────────────────────────────────────────────────────────────

export const destinationsQuery = queryOptions({
  queryKey: ['exports', 'destinations'],
  queryFn: () => body(api.GET('/api/v1/exports/destinations')),
})
export const exportPlacesQuery = queryOptions({
  queryKey: ['exports', 'places'],
  queryFn: () => body(api.GET('/api/v1/exports/destinations/places')),
})
export const createDestination = (data: DestinationInput) =>
  body(api.POST('/api/v1/exports/destinations', { body: data }))
export const updateDestination = (id: string, data: DestinationInput) =>
  body(
    api.PUT('/api/v1/exports/destinations/{destination_id}', {
      params: { path: { destination_id: id } },
      body: data,
    }),
  )
export const deleteDestination = (id: string) =>
  body(
    api.DELETE('/api/v1/exports/destinations/{destination_id}', { params: { path: { destination_id: id } } }),
  )
export const tryDestination = (
  place: DestinationInput['place'],
  secret: string | null,
  destination_id: string | null,
) => body(api.POST('/api/v1/exports/destinations/trial', { body: { place, secret, destination_id } }))

// ── forwarding ──────────────────────────────────────────────────────────────────────────────

const FRESH_MS = 5_000
const of = (id: string) => ({ params: { path: { forwarding_id: id } } })

export const forwardingsQuery = queryOptions({
  queryKey: ['forwardings'],
  queryFn: () => body(api.GET('/api/v1/forwardings')),
  refetchInterval: FRESH_MS,
})
export const forwardingQuery = (id: string) =>
  queryOptions({
    queryKey: ['forwardings', id],
    queryFn: () => body(api.GET('/api/v1/forwardings/{forwarding_id}', of(id))),
    refetchInterval: FRESH_MS,
  })
export const attemptsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['forwardings', id, 'attempts'],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/forwardings/{forwarding_id}/attempts', {
          params: { path: { forwarding_id: id }, query: { cursor: pageParam, limit: 50 } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: next,
    refetchInterval: FRESH_MS,
  })
export const deadLettersQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['forwardings', id, 'dead'],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/forwardings/{forwarding_id}/dead', {
          params: { path: { forwarding_id: id }, query: { cursor: pageParam, limit: 50 } },
        }),
      ),
    initialPageParam: first,
    getNextPageParam: next,
  })
export const deadLetterQuery = (id: string, delivery: string) =>
  queryOptions({
    queryKey: ['forwardings', id, 'dead', delivery],
    queryFn: () =>
      body(
        api.GET('/api/v1/forwardings/{forwarding_id}/dead/{delivery_id}', {
          params: { path: { forwarding_id: id, delivery_id: delivery } },
        }),
      ),
  })
export const createForwarding = (data: ForwardingInput) =>
  body(api.POST('/api/v1/forwardings', { body: data }))
export const updateForwarding = (id: string, data: ForwardingInput) =>
  body(api.PUT('/api/v1/forwardings/{forwarding_id}', { ...of(id), body: data }))
export const chooseForwarded = (id: string, data: ForwardingChoice) =>
  body(api.PUT('/api/v1/forwardings/{forwarding_id}/choice', { ...of(id), body: data }))
export const setForwardingState = (id: string, state: Forwarding['state']) =>
  body(api.PUT('/api/v1/forwardings/{forwarding_id}/state', { ...of(id), body: { state } }))
export const rotateSecret = (id: string) =>
  body(api.POST('/api/v1/forwardings/{forwarding_id}/secret', of(id)))
export const deleteForwarding = (id: string) =>
  body(api.DELETE('/api/v1/forwardings/{forwarding_id}', of(id)))
export const tryForwarding = (id: string) =>
  body(api.POST('/api/v1/forwardings/{forwarding_id}/trial', of(id)))
export const replayDeadLetters = (
  id: string,
  which: { delivery_id?: string; since?: string; until?: string },
) => body(api.POST('/api/v1/forwardings/{forwarding_id}/replay', { ...of(id), body: which }))
