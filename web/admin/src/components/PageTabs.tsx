import { useLocation } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'

import { AppLink } from './AppLink'
import css from './PageTabs.module.css'

interface PageTabsProps {
  label: string
  pages: { href: string; label: string }[]
}

/** Pages that belong together, as a line of links. */
export function PageTabs({ label, pages }: PageTabsProps) {
  const { pathname } = useLocation()
  const line = useRef<HTMLElement>(null)
  useEffect(() => {
    // On a narrow screen the line is longer than the screen.
    const chosen = line.current?.querySelector<HTMLElement>('[aria-current]')
    if (chosen) line.current?.scrollTo({ left: chosen.offsetLeft - 48 })
  }, [pathname])
  return (
    <nav ref={line} className={css.tabs} aria-label={label}>
      {pages.map((page) => (
        <AppLink key={page.href} href={page.href} aria-current={pathname === page.href ? 'page' : undefined}>
          {page.label}
        </AppLink>
      ))}
    </nav>
  )
}
