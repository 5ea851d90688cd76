import { useQuery } from '@tanstack/react-query'

import { meQuery } from '../api/endpoints/accounts'
import type { Permission } from '../api/types'

/** Tells whether the signed-in user may do a thing; the server checks it again. */
export function useAccess(): (permission: Permission) => boolean {
  const { data } = useQuery({ ...meQuery, enabled: false })
  return (permission) => data?.permissions.includes(permission) ?? false
}
