import { Frame } from './Frame'
import { Mailboxes } from './Mailboxes'
import { ServerPanel } from './ServerPanel'
import { Services } from './Services'

/** The three ways by which mail comes back: our own server, mailboxes, reports of services. */
export function ReturnWaysSettings() {
  return (
    <Frame>
      <ServerPanel />
      <Mailboxes />
      <Services />
    </Frame>
  )
}
