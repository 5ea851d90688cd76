import { useLingui } from '@lingui/react/macro'

import type { ProfileRow } from '../lib/api/types'

type Named = Pick<ProfileRow, 'id' | 'name' | 'email' | 'phone' | 'user_id' | 'known'>

/** What to call a person: by name, else by what is known, and a visitor only while nothing is. */
export function usePersonName(): (person: Named) => string {
  const { t } = useLingui()
  return ({ id, name, email, phone, user_id: userId, known }) => {
    if (name) return name
    if (email) return email
    if (phone) return phone
    if (userId) return t`Customer ${userId}`
    return known ? t`Customer ${id}` : t`Visitor ${id}`
  }
}
