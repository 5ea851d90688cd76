import { useLingui } from '@lingui/react/macro'

import type { Role } from '../../lib/api/types'

export const ROLES: Role[] = ['owner', 'marketer', 'analyst', 'operator']

export function useRoleWords(): (role: Role) => { name: string; detail: string } {
  const { t } = useLingui()
  const words: Record<Role, { name: string; detail: string }> = {
    owner: { name: t`Owner`, detail: t`everything, with users and keys` },
    marketer: { name: t`Marketer`, detail: t`edits and launches mailings` },
    analyst: { name: t`Analyst`, detail: t`reads everything, changes nothing` },
    operator: { name: t`Operator`, detail: t`reads, answers in the inbox` },
  }
  return (role) => words[role]
}
