/** What block letters of a workspace share: brand kit, saved blocks, pictures. */

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { api, body, uploadFile } from '../client'
import type { components } from '../schema'
import type { BrandKit, Picture, SavedBlock, SavedBlockInput } from '../types'

type Kit = components['schemas']['BrandKit']

/** A kit leaves out what nobody has set. */
const wholeKit = ({ style, logo, social, footer }: Kit): BrandKit => ({
  style: style ?? {},
  logo: logo?.src ? { alt: '', href: '', ...logo } : null,
  social: (social ?? []).map((link) => ({ href: '', ...link })),
  footer: { company: '', address: '', note: '', ...footer },
})

export const brandKitQuery = queryOptions({
  queryKey: ['brand-kit'],
  queryFn: async () => wholeKit(await body(api.GET('/api/v1/brand-kit'))),
  staleTime: 60_000,
})
export const setBrandKit = async (kit: BrandKit) => wholeKit(await body(api.PUT('/api/v1/brand-kit', { body: kit })))

export const savedBlocksQuery = queryOptions({
  queryKey: ['saved-blocks'],
  queryFn: async () => (await api.GET('/api/v1/saved-blocks')).data as SavedBlock[],
  staleTime: 60_000,
})
export const createSavedBlock = (content: SavedBlockInput) =>
  body(api.POST('/api/v1/saved-blocks', { body: content }))
export const changeSavedBlock = (id: string, content: SavedBlockInput) =>
  body(api.PUT('/api/v1/saved-blocks/{block_id}', { params: { path: { block_id: id } }, body: content }))
export const deleteSavedBlock = (id: string) =>
  body(api.DELETE('/api/v1/saved-blocks/{block_id}', { params: { path: { block_id: id } } }))

export const picturesQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ['media', search],
    queryFn: ({ pageParam }) =>
      body(api.GET('/api/v1/media', { params: { query: { cursor: pageParam, limit: 48, ...(search && { search }) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
export const uploadPicture = (file: File, onProgress: (fraction: number) => void) =>
  uploadFile<Picture>('/api/v1/media', file, onProgress)
export const changePicture = (id: string, change: { name?: string; alt?: string }) =>
  body(api.PATCH('/api/v1/media/{media_id}', { params: { path: { media_id: id } }, body: change }))
/** Another picture of one; the first stays. */
export const remakePicture = (id: string, how: components['schemas']['MediaRemake']) =>
  body(api.POST('/api/v1/media/{media_id}/copies', { params: { path: { media_id: id } }, body: how }))
export const deletePicture = (id: string) =>
  body(api.DELETE('/api/v1/media/{media_id}', { params: { path: { media_id: id } } }))
