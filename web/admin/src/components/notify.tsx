import { Button, Group } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { i18n } from '@lingui/core'
import { msg } from '@lingui/core/macro'

const close = () => ({ 'aria-label': i18n._(msg`Close`) })

export function notifyDone(message: string): void {
  notifications.show({ message, autoClose: 4000, closeButtonProps: close() })
}

export function notifyError(message: string): void {
  notifications.show({ message, color: 'red', autoClose: 10_000, closeButtonProps: close() })
}

/** Tells what was done and lets it be undone, in place of asking before. */
export function notifyUndo(message: string, undo: () => void): void {
  const id = crypto.randomUUID()
  notifications.show({
    id,
    autoClose: 10_000,
    closeButtonProps: close(),
    message: (
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <span>{message}</span>
        <Button
          variant="light"
          size="compact-sm"
          onClick={() => {
            undo()
            notifications.hide(id)
          }}
        >
          {i18n._(msg`Undo`)}
        </Button>
      </Group>
    ),
  })
}
