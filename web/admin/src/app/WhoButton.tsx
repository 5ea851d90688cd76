import { useLingui } from '@lingui/react/macro'
import type { ButtonHTMLAttributes, Ref } from 'react'

import type { Me } from '../lib/api/types'
import css from './Shell.module.css'

interface WhoButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  me: Me
  ref?: Ref<HTMLButtonElement>
}

/** Who is signed in, and where. */
export function WhoButton({ me, ref, ...rest }: WhoButtonProps) {
  const { t } = useLingui()
  return (
    <button
      ref={ref}
      type="button"
      aria-haspopup="menu"
      {...rest}
      className={css.who}
      aria-label={t`Account: ${me.user.name}`}
    >
      <span className={css.avatar} aria-hidden>
        {initials(me.user.name || me.user.email)}
      </span>
      <span className={css.whoText}>
        <span>{me.user.name || me.user.email}</span>
        <span>{me.workspace.name}</span>
      </span>
    </button>
  )
}

function initials(name: string): string {
  return name
    .split(/[\s@.]+/)
    .slice(0, 2)
    .map((part) => part.charAt(0).toUpperCase())
    .join('')
}
