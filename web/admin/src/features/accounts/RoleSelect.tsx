import { Select, type SelectProps } from '@mantine/core'

import type { Role } from '../../lib/api/types'
import { ROLES, useRoles } from './roles'

interface RoleSelectProps extends Omit<SelectProps, 'data' | 'value' | 'onChange' | 'renderOption'> {
  value: Role
  onChange: (role: Role) => void
}

/** Names of roles; the open list says what each of them may do. */
export function RoleSelect({ value, onChange, ...rest }: RoleSelectProps) {
  const roles = useRoles()
  return (
    <Select
      {...rest}
      value={value}
      data={ROLES.map((role) => ({ value: role, label: roles[role].name }))}
      comboboxProps={{ width: 280, position: 'bottom-start', shadow: 'md' }}
      renderOption={({ option }) => (
        <span>
          {option.label}
          <div style={{ fontSize: 13, color: 'var(--text-dim)' }}>{roles[option.value as Role].may}</div>
        </span>
      )}
      onChange={(role) => role && onChange(role as Role)}
    />
  )
}
