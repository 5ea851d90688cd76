import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

/** A field for a password or a key; its eye is named in the language of the interface. */
export function SecretInput(props: PasswordInputProps) {
  const { t } = useLingui()
  return <PasswordInput visibilityToggleButtonProps={{ 'aria-label': t`Show or hide` }} {...props} />
}
