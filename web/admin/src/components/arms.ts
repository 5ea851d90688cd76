/** Variants have the same colours everywhere; the control group is grey. */

import { useLingui } from '@lingui/react/macro'

/** The one group of a mailing that everybody gets. */
const EVERYBODY = 'all'

export function armColor(key: string): string {
  if (key === 'control') return '--arm-control'
  if (key === EVERYBODY) return '--arm-1'
  const place = key.toUpperCase().charCodeAt(0) - 65
  return `--arm-${(((place % 8) + 8) % 8) + 1}`
}

export function useArmName(): (key: string, name: string) => string {
  const { t } = useLingui()
  return (key, name) =>
    key === 'control'
      ? t`Control group`
      : !name || name === key
        ? key
        : key === EVERYBODY
          ? name
        : // The server names a nameless variant by its letter.
          name.endsWith(` ${key}`)
          ? name
          : `${key} · ${name}`
}
