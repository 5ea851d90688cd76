import { useLingui } from '@lingui/react/macro'

import type { Role } from '../../lib/api/types'

export const ROLES: Role[] = ['owner', 'marketer', 'analyst', 'operator']

/** A role with what it may do. */
export function useRoleText(): (role: Role) => string {
  const { t } = useLingui()
  const texts: Record<Role, string> = {
    owner: t`Owner: everything, with users and keys`,
    marketer: t`Marketer: edits and launches mailings`,
    analyst: t`Analyst: reads everything, changes nothing`,
    operator: t`Operator: reads, answers in the inbox`,
  }
  return (role) => texts[role]
}
