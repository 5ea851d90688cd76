import { useLingui } from '@lingui/react'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'

import { meQuery } from '../api/endpoints/accounts'
import { createFormat } from './format'

/** Formats of the current language and workspace. */
export function useFormat() {
  const { i18n } = useLingui()
  const { data: me } = useQuery({ ...meQuery, enabled: false })
  const timeZone = me?.workspace.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  const currency = me?.workspace.currency ?? 'RUB'
  const lang = i18n.locale === 'ru' ? 'ru' : 'en'
  return useMemo(() => createFormat({ lang, timeZone, currency }), [lang, timeZone, currency])
}
