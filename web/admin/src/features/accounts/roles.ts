import { useLingui } from '@lingui/react/macro'

import type { Role } from '../../lib/api/types'

export const ROLES: Role[] = ['owner', 'marketer', 'analyst', 'operator']

/** The name of a role, and what it may do. */
export function useRoles(): Record<Role, { name: string; may: string }> {
  const { t } = useLingui()
  return {
    owner: { name: t`Owner`, may: t`everything, with users and keys` },
    marketer: { name: t`Marketer`, may: t`edits and launches mailings` },
    analyst: { name: t`Analyst`, may: t`reads everything, changes nothing` },
    operator: { name: t`Operator`, may: t`reads, answers in the inbox` },
  }
}
