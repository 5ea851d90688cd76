import { useLingui } from '@lingui/react/macro'

import type { DuplicateEvidence } from '../../../lib/api/types'

/** What was compared, and how far it agreed, in words. */
export function useEvidenceWords() {
  const { t } = useLingui()
  const fields: Record<DuplicateEvidence['field'], string> = {
    first_name: t`First name`,
    last_name: t`Last name`,
    birth_date: t`Date of birth`,
    email: t`E-mail`,
    phone: t`Phone`,
    city: t`City`,
  }
  const levels: Record<DuplicateEvidence['level'], string> = {
    same: t`the same`,
    sounds: t`the same in another spelling`,
    swapped: t`day and month exchanged`,
    part: t`the same in the main part`,
    near: t`a typing error away`,
    nearly: t`nearly the same`,
    begins: t`a short form`,
    different: t`different`,
    missing: t`not known of both`,
  }
  return {
    field: (one: DuplicateEvidence) => fields[one.field],
    level: (one: DuplicateEvidence) =>
      one.exchanged ? t`${levels[one.level]}, first and last name exchanged` : levels[one.level],
  }
}
