import { Notifications } from '@mantine/notifications'

import '@mantine/notifications/styles.layer.css'

/** In a chunk of its own: nothing is announced while the first screen loads. */
export default function Toasts() {
  return <Notifications position="bottom-right" limit={4} />
}
