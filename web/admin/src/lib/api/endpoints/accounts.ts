import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { api, body } from '../client'
import type { ApiKey, Lang, Me, Role, Workspace } from '../types'

/** A person's session, as every answer about oneself is read here. */
const person = async (answer: Promise<{ data?: unknown }>) => (await body(answer)) as Me

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: () => person(api.GET('/api/v1/me')),
  staleTime: Infinity,
  retry: false,
})

export const login = (email: string, password: string) =>
  person(api.POST('/api/v1/session', { body: { email, password } }))
export const logout = () => body(api.DELETE('/api/v1/session'))
export const updateMe = (change: { name?: string; lang?: Lang }) =>
  person(api.PATCH('/api/v1/me', { body: change }))
export const changePassword = (current: string, next: string) =>
  body(api.PUT('/api/v1/me/password', { body: { current, new: next } }))
export const switchWorkspace = async (workspace_id: number) => {
  await api.PUT('/api/v1/me/workspace', { body: { workspace_id } })
  return person(api.GET('/api/v1/me'))
}

export const updateWorkspace = (change: Partial<Omit<Workspace, 'id'>>) =>
  body(api.PATCH('/api/v1/workspace', { body: change }))

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: () => body(api.GET('/api/v1/keys')),
})
export const createKey = (name: string, kind: ApiKey['kind']) =>
  body(api.POST('/api/v1/keys', { body: { name, kind } }))
export const deleteKey = (id: string) =>
  body(api.DELETE('/api/v1/keys/{key_id}', { params: { path: { key_id: id } } }))

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: () => body(api.GET('/api/v1/users')),
})
export const createUser = (user: { name: string; email: string; role: Role; password: string }) =>
  body(api.POST('/api/v1/users', { body: user }))
export const updateUser = (id: string, role: Role) =>
  body(api.PATCH('/api/v1/users/{user_id}', { params: { path: { user_id: id } }, body: { role } }))
export const deleteUser = (id: string) =>
  body(api.DELETE('/api/v1/users/{user_id}', { params: { path: { user_id: id } } }))

export const auditQuery = infiniteQueryOptions({
  queryKey: ['audit'],
  queryFn: ({ pageParam }) =>
    body(api.GET('/api/v1/audit', { params: { query: { cursor: pageParam, limit: 50 } } })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
})
