import { useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import type { ComponentType } from 'react'

import { notifyError, notifyUndo } from '../../../components/notify'
import { Page } from '../../../components/Page'
import { SaveState } from '../../../components/SaveState'
import { ErrorNote, Note, useErrorText } from '../../../components/States'
import { createCampaign, deleteCampaign } from '../../../lib/api/endpoints/campaigns'
import type { Campaign, CampaignInput } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'
import { MailingFacts } from '../MailingFacts'
import { MailingMenu } from '../MailingMenu'
import { AudienceSection } from './AudienceSection'
import { ClashNote } from './ClashNote'
import { ControlSection } from './ControlSection'
import css from './Editor.module.css'
import { GoalSection } from './GoalSection'
import { LettersSection } from './LettersSection'
import { RulesSection } from './RulesSection'
import { ScheduleSection } from './ScheduleSection'
import { Summary } from './Summary'
import { useMailingDraft } from './useMailingDraft'

export interface SectionProps {
  draft: CampaignInput
  change: (part: Partial<CampaignInput>) => void
  isReadOnly: boolean
}

/** A dialog that sends a letter to some addresses; it belongs to another feature. */
export type LetterTest = ComponentType<{ letterId: string; profileId: number | null; onClose: () => void }>

/** The whole mailing on one page; every change saves itself and moves the figures at the right. */
export function MailingEditor({ campaign, letterTest }: { campaign: Campaign; letterTest: LetterTest }) {
  const { t } = useLingui()
  const may = useAccess()
  const isReadOnly = !may('edit') || campaign.state === 'scheduled'
  const { draft, change, saving, savedAt, revision, clash, takeTheirs, keepMine } = useMailingDraft(campaign)
  const section = { draft, change, isReadOnly }

  return (
    <Page
      title={draft.name || t`Untitled`}
      back={{ href: '/mailings', label: t`Mailings` }}
      heading={
        <input
          className={css.title}
          aria-label={t`Name of the mailing`}
          placeholder={t`Name of the mailing`}
          value={draft.name}
          readOnly={isReadOnly}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
      }
      subtitle={<SaveState state={saving.state} at={savedAt} />}
      actions={may('edit') && <EditorMenu campaign={campaign} draft={draft} flush={saving.flush} />}
    >
      {campaign.problem && (
        <div style={{ marginBottom: 16 }}>
          <Note level="warning">{campaign.problem}</Note>
        </div>
      )}
      {clash && (
        <div style={{ marginBottom: 16 }}>
          <ClashNote clash={clash} takeTheirs={takeTheirs} keepMine={keepMine} />
        </div>
      )}
      {!clash && saving.error !== null && saving.state === 'failed' && (
        <div style={{ marginBottom: 16 }}>
          <ErrorNote error={saving.error} retry={() => void saving.flush()} />
        </div>
      )}
      <div className={css.layout}>
        <div className={css.sections}>
          {campaign.state === 'scheduled' ? (
            <MailingFacts campaign={campaign} />
          ) : (
            <>
              <AudienceSection {...section} campaignId={campaign.id} revision={revision} />
              <LettersSection {...section} letterTest={letterTest} />
              <ControlSection {...section} />
              <GoalSection {...section} />
              <ScheduleSection {...section} />
              <RulesSection {...section} />
            </>
          )}
        </div>
        <Summary
          campaign={campaign}
          draft={draft}
          revision={revision}
          isSaved={saving.state === 'saved'}
          flush={saving.flush}
        />
      </div>
    </Page>
  )
}

interface EditorMenuProps {
  campaign: Campaign
  draft: CampaignInput
  flush: () => Promise<boolean>
}

function EditorMenu({ campaign, draft, flush }: EditorMenuProps) {
  const { t } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const errorText = useErrorText()
  const refresh = () => void client.invalidateQueries({ queryKey: ['campaigns', 'list'] })
  const remove = useMutation({
    mutationFn: () => deleteCampaign(campaign.id),
    onSuccess: () => {
      router.history.push('/mailings')
      refresh()
      notifyUndo(t`“${draft.name}” is deleted`, () => {
        // The draft is gone on the server, so undoing makes the same one anew.
        void createCampaign(draft).then((made) => {
          refresh()
          router.history.push(`/mailings/${made.id}`)
        })
      })
    },
    onError: (error) => notifyError(errorText(error)),
  })
  return (
    <MailingMenu
      campaign={{ id: campaign.id, name: draft.name }}
      label={t`More actions`}
      size={32}
      flush={flush}
      onDelete={campaign.state === 'draft' ? () => remove.mutate() : undefined}
    />
  )
}
