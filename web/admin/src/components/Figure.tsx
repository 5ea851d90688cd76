import { Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'

import { AppLink } from './AppLink'
import css from './Figure.module.css'

interface FigureProps {
  label: ReactNode
  value: ReactNode
  note?: ReactNode
  /** The people or facts behind the figure. */
  href?: string
  loading?: boolean
}

export function Figure({ label, value, note, href, loading }: FigureProps) {
  const inside = (
    <>
      <div className={css.label}>{label}</div>
      <div className={css.value}>{loading ? <Skeleton height={20} width={72} my={4} /> : value}</div>
      {note !== undefined && <div className={css.note}>{note}</div>}
    </>
  )
  return href ? (
    <AppLink className={css.figure} href={href}>
      {inside}
    </AppLink>
  ) : (
    <div className={css.figure}>{inside}</div>
  )
}

export function Figures({ children }: { children: ReactNode }) {
  return <div className={css.figures}>{children}</div>
}
