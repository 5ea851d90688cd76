import type { ReactNode } from 'react'

import css from './Settings.module.css'

export function Part({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <section className={css.part} aria-label={title}>
      {title && <h3>{title}</h3>}
      {children}
    </section>
  )
}
