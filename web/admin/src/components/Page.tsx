import { Title } from '@mantine/core'
import { IconChevronLeft } from '@tabler/icons-react'
import { type ReactNode, useEffect, useId } from 'react'

import { AppLink } from './AppLink'
import css from './Page.module.css'

interface PageProps {
  title: string
  /** What is open of the page, for the title of the browser's tab. */
  part?: string | undefined
  /** Replaces the heading where it can be edited in place. */
  heading?: ReactNode
  subtitle?: ReactNode
  back?: { href: string; label: string }
  actions?: ReactNode
  children: ReactNode
}

export function Page({ title, part, heading, subtitle, back, actions, children }: PageProps) {
  useEffect(() => {
    document.title = [part, title, 'Otklik'].filter(Boolean).join(' · ')
  }, [title, part])
  return (
    <div className={css.page}>
      <header className={css.header}>
        <div className={css.titles}>
          {back && (
            <AppLink className={css.back} href={back.href}>
              <IconChevronLeft size={14} aria-hidden />
              {back.label}
            </AppLink>
          )}
          {heading ? (
            <>
              <h1 className="visually-hidden">{title}</h1>
              {heading}
            </>
          ) : (
            <Title order={1}>{title}</Title>
          )}
          {subtitle && <div className={css.subtitle}>{subtitle}</div>}
        </div>
        {actions && <div className={css.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  )
}

interface PanelProps {
  title?: ReactNode
  /** One sentence under the title. */
  hint?: ReactNode
  actions?: ReactNode
  /** The content (a table) draws to the very edge. */
  flush?: boolean
  id?: string
  children: ReactNode
}

export function Panel({ title, hint, actions, flush, id, children }: PanelProps) {
  const labelId = useId()
  return (
    <section className={css.panel} id={id} aria-labelledby={title ? labelId : undefined}>
      {title && (
        <div className={css.panelHeader}>
          <div className={css.panelTitle}>
            <h2 id={labelId} style={{ margin: 0 }}>
              {title}
            </h2>
            {hint && <div className={css.hint}>{hint}</div>}
          </div>
          {actions}
        </div>
      )}
      <div className={flush ? css.panelFlush : css.panelBody}>{children}</div>
    </section>
  )
}
