import { Button, Group } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import { Note } from '../../../components/States'
import type { CampaignInput } from '../../../lib/api/types'
import type { Clash } from './useMailingDraft'

interface ClashNoteProps {
  clash: Clash
  takeTheirs: () => void
  keepMine: () => void
}

/** Two people changed the same part of a mailing: one of them decides whose stays. */
export function ClashNote({ clash, takeTheirs, keepMine }: ClashNoteProps) {
  const partName = usePartName()
  const { parts, theirs } = clash
  const names = [...new Set(parts.map(partName))].join(', ')
  return (
    <Note level="warning">
      <Trans>Somebody else has changed the same part of this mailing meanwhile: {names}.</Trans>
      <Group gap={8} mt={8}>
        {theirs.state === 'draft' && (
          <Button size="compact-sm" onClick={keepMine}>
            <Trans>Keep mine</Trans>
          </Button>
        )}
        <Button size="compact-sm" variant="default" onClick={takeTheirs}>
          <Trans>Take theirs</Trans>
        </Button>
      </Group>
    </Note>
  )
}

function usePartName(): (part: keyof CampaignInput) => string {
  const { t } = useLingui()
  return (part) => {
    switch (part) {
      case 'name':
        return t`the name`
      case 'audience':
      case 'topic_id':
        return t`the audience`
      case 'variants':
        return t`the letters`
      case 'control_share':
        return t`the control group`
      case 'goal':
      case 'more_goals':
        return t`the target action`
      case 'priority':
      case 'service':
      case 'until':
        return t`the sending policy`
      default:
        return t`the sending`
    }
  }
}
