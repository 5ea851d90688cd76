import { useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'

import { Page } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import { createCampaign } from '../../lib/api/endpoints/campaigns'
import { sendersQuery } from '../../lib/api/endpoints/channels'
import { useFormat } from '../../lib/format/useFormat'

/** Makes an empty draft and goes to it: from then on it saves itself. */
export function NewMailing() {
  const { t } = useLingui()
  const format = useFormat()
  const router = useRouter()
  const client = useQueryClient()
  const started = useRef(false)
  const create = useMutation({
    mutationFn: async () => {
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
      router.history.replace(`/mailings/${made.id}`)
    },
  })
  useEffect(() => {
    if (started.current) return
    started.current = true
    create.mutate()
  }, [create])
  return (
    <Page title={t`New mailing`} back={{ href: '/mailings', label: t`Mailings` }}>
      {create.error && <ErrorNote error={create.error} retry={() => create.mutate()} />}
    </Page>
  )
}
