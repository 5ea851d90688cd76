import { Trans } from '@lingui/react/macro'

import { StateLabel } from './States'
import { Ago } from './Time'

export type Saving = 'saved' | 'dirty' | 'saving' | 'failed'

/** Where a draft that saves itself stands. */
export function SaveState({ state, at }: { state: Saving; at?: string | undefined }) {
  return (
    <span role="status" style={{ fontSize: 13, color: 'var(--text-dim)' }}>
      {state === 'failed' ? (
        <StateLabel tone="bad">
          <Trans>Not saved</Trans>
        </StateLabel>
      ) : state === 'saved' ? (
        at ? (
          <Trans>
            Saved <Ago at={at} />
          </Trans>
        ) : (
          <Trans>Saved</Trans>
        )
      ) : (
        <Trans>Saving…</Trans>
      )}
    </span>
  )
}
