import { useQuery } from '@tanstack/react-query'

import { meQuery } from '../api/endpoints/accounts'
import { useStored } from './useStored'

/** A setting of this browser that belongs to one person in one workspace. */
export function useMine<T>(key: string, initial: T): [T, (value: T) => void] {
  const { data: me } = useQuery({ ...meQuery, enabled: false })
  return useStored(`otklik-${key}-${me?.workspace.id ?? ''}-${me?.user.id ?? ''}`, initial)
}
