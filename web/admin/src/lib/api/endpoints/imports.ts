import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'

import { api, body, uploadFile } from '../client'
import type { Import, ImportFile, ImportRequest } from '../types'

const isActive = (item: Import) => item.state === 'queued' || item.state === 'running'

export const importsQuery = infiniteQueryOptions({
  queryKey: ['imports'],
  queryFn: ({ pageParam }) =>
    body(api.GET('/api/v1/imports', { params: { query: { cursor: pageParam, limit: 50 } } })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
  refetchInterval: (query) =>
    query.state.data?.pages.some((page) => page.items.some(isActive)) ? 1_500 : false,
})
export const importQuery = (id: string) =>
  queryOptions({
    queryKey: ['imports', id],
    queryFn: () => body(api.GET('/api/v1/imports/{import_id}', { params: { path: { import_id: id } } })),
    refetchInterval: (query) => (query.state.data && isActive(query.state.data) ? 1_000 : false),
  })
export const uploadImportFile = (
  file: File,
  onProgress: (fraction: number) => void,
) => uploadFile<ImportFile>('/api/v1/imports/files', file, onProgress)
/** The first rows as they would be stored; without a mapping, by the suggested one. */
export const importPreviewQuery = (request: ImportRequest, enabled: boolean) =>
  queryOptions({
    queryKey: ['imports', 'preview', request],
    queryFn: ({ signal }) => body(api.POST('/api/v1/imports/preview', { body: request, signal })),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    retry: false,
    enabled,
  })
export const startImport = (request: ImportRequest & { dry_run: boolean }) =>
  body(api.POST('/api/v1/imports', { body: request }))
export const cancelImport = (id: string) =>
  body(api.PUT('/api/v1/imports/{import_id}/cancellation', { params: { path: { import_id: id } } }))
export const importErrorsUrl = (id: string) => `/api/v1/imports/${id}/errors.csv`
