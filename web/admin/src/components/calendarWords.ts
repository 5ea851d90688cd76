import { useLingui } from '@lingui/react/macro'

/** How every calendar speaks: its language, its first day and the names of its buttons. */
export function useCalendarWords() {
  const { t, i18n } = useLingui()
  return {
    locale: i18n.locale,
    firstDayOfWeek: 1,
    ariaLabels: {
      monthLevelControl: t`Choose a month`,
      yearLevelControl: t`Choose a year`,
      nextMonth: t`Next month`,
      previousMonth: t`Previous month`,
      nextYear: t`Next year`,
      previousYear: t`Previous year`,
      nextDecade: t`Next ten years`,
      previousDecade: t`Previous ten years`,
    },
  } as const
}
