/** Making the draft of a mailing: from nothing, of a template, as a copy. */

import { useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'

import { campaignFromTemplate, createCampaign, duplicateCampaign } from '../../../lib/api/endpoints/campaigns'
import { sendersQuery } from '../../../lib/api/endpoints/channels'
import type { Campaign } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'

export interface Beginning {
  from: 'empty' | 'template' | 'copy'
  /** Of the template or the mailing. */
  id?: string
}

export function useBegin() {
  const { t } = useLingui()
  const format = useFormat()
  const router = useRouter()
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ from, id = '' }: Beginning): Promise<Campaign> => {
      if (from === 'template') return campaignFromTemplate(id, null)
      if (from === 'copy') return duplicateCampaign(id)
      const senders = await client.fetchQuery(sendersQuery)
      return createCampaign({
        name: t`Mailing of ${format.date(new Date())}`,
        audience: { segment_ids: [], exclude_segment_ids: [] },
        topic_id: null,
        sender_id: (senders.find((sender) => sender.is_default) ?? senders[0])?.id ?? null,
        variants: [{ key: 'A', name: '', letter_id: null, share: 100 }],
        control_share: 10,
        goal: null,
        more_goals: [],
        schedule: { kind: 'now', at: null, own_time: null, spread_hours: null },
        rate_per_s: null,
        priority: 'normal',
        service: false,
        until: null,
        first: null,
      })
    },
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['campaigns', 'list'] })
      router.history.push(`/mailings/${made.id}`)
    },
  })
}
