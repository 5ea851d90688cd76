import { useLingui } from '@lingui/react/macro'

import { AppLink } from '../components/AppLink'
import { NAVIGATION } from './sections'
import css from './Shell.module.css'

interface NavigationProps {
  pathname: string
  development: boolean
  collapsed: boolean
}

export function Navigation({ pathname, development, collapsed }: NavigationProps) {
  const { t, i18n } = useLingui()
  return (
    <nav className={css.nav} aria-label={t`Sections`}>
      {NAVIGATION.map((group, index) => (
        <div key={index}>
          {group.label && <p className={css.group}>{i18n._(group.label)}</p>}
          <ul>
            {group.sections
              .filter((section) => !section.development || development)
              .map((section) => {
                const isActive =
                  section.href === '/' ? pathname === '/' : pathname.startsWith(section.href)
                const label = i18n._(section.label)
                return (
                  <li key={section.href}>
                    <AppLink
                      href={section.href}
                      className={css.item}
                      data-active={isActive}
                      title={collapsed ? label : undefined}
                      aria-current={isActive ? 'page' : undefined}
                      aria-label={collapsed ? label : undefined}
                    >
                      <section.icon size={18} stroke={1.6} aria-hidden />
                      <span>{label}</span>
                    </AppLink>
                  </li>
                )
              })}
          </ul>
        </div>
      ))}
    </nav>
  )
}
