import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'

import { ApiError } from '../../../lib/api/client'
import { campaignQuery, updateCampaign } from '../../../lib/api/endpoints/campaigns'
import type { Campaign, CampaignInput } from '../../../lib/api/types'
import { useAutosave } from '../../../lib/hooks/useAutosave'
import { changedParts, draftOf } from './draft'

/** What somebody else has saved meanwhile, of the same parts that were changed here. */
export interface Clash {
  theirs: Campaign
  parts: (keyof CampaignInput)[]
}

/**
 * The draft of a mailing, its saving, and what becomes of it when somebody else saves it too: changes
 * of different parts are put together, of the same part a person decides.
 */
export function useMailingDraft(campaign: Campaign) {
  const client = useQueryClient()
  const [draft, setDraft] = useState(() => draftOf(campaign))
  // What the server has, as far as this window knows.
  const [saved, setSaved] = useState(campaign)
  const known = useRef(campaign)
  const [clash, setClash] = useState<Clash | null>(null)
  const { queryKey, queryFn } = campaignQuery(campaign.id)

  const keep = useCallback(
    (next: Campaign) => {
      known.current = next
      setSaved(next)
      client.setQueryData(queryKey, next)
    },
    // oxlint-disable-next-line react/exhaustive-deps -- the key is made of the id of the campaign
    [client, campaign.id],
  )

  const saving = useAutosave<Partial<CampaignInput>>(async (part) => {
    try {
      keep(await updateCampaign(campaign.id, { ...part, version: known.current.version }))
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'campaign_changed')) throw error
      const theirs = await client.fetchQuery({ queryKey, queryFn, staleTime: 0 })
      const parts = changedParts(draftOf(known.current), draftOf(theirs)).filter((name) => name in part)
      if (parts.length > 0) {
        setClash({ theirs, parts })
        throw error
      }
      setDraft((mine) => ({ ...draftOf(theirs), ...pick(mine, part) }))
      keep(await updateCampaign(campaign.id, { ...part, version: theirs.version }))
    }
  })

  const { change: saveChange, flush, drop, state } = saving
  const change = useCallback(
    (part: Partial<CampaignInput>) => {
      setDraft((old) => ({ ...old, ...part }))
      saveChange(part)
    },
    [saveChange],
  )
  const takeTheirs = () => {
    if (!clash) return
    drop()
    setDraft(draftOf(clash.theirs))
    keep(clash.theirs)
    setClash(null)
  }
  const keepMine = () => {
    if (!clash) return
    const mine = Object.fromEntries(clash.parts.map((name) => [name, draft[name]]))
    setDraft({ ...draftOf(clash.theirs), ...mine })
    keep(clash.theirs)
    setClash(null)
    void flush()
  }

  // The page was asked for again, and somebody else has saved it: nothing of this window is lost.
  const isNewer = campaign.version > known.current.version && state === 'saved'
  useEffect(() => {
    if (!isNewer) return
    known.current = campaign
    setSaved(campaign)
    setDraft(draftOf(campaign))
  }, [isNewer, campaign])

  return { draft, change, saving, savedAt: saved.updated_at, revision: String(saved.version), clash, takeTheirs, keepMine }
}

function pick<Part extends Partial<CampaignInput>>(draft: CampaignInput, part: Part): Partial<CampaignInput> {
  return Object.fromEntries((Object.keys(part) as (keyof CampaignInput)[]).map((name) => [name, draft[name]]))
}
