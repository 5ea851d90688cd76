import { Button, Group, Modal, NumberInput, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { type Column, DataTable } from '../../components/DataTable'
import { notifyDone } from '../../components/notify'
import { Panel } from '../../components/Page'
import { Empty, ErrorNote, Note, StateLabel } from '../../components/States'
import {
  retentionPreviewQuery,
  retentionQuery,
  retentionRunsQuery,
  setRetention,
} from '../../lib/api/endpoints/privacy'
import type { RetentionRule, RetentionRun } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { CalendarPanel } from './CalendarPanel'
import { countDays } from './words'

/** How long each kind of data is kept, and what the nights have removed. */
export function RetentionSettings() {
  const { t, i18n } = useLingui()
  const may = useAccess()
  const rules = useQuery(retentionQuery)
  const [edited, setEdited] = useState<RetentionRule | null>(null)
  const columns: Column<RetentionRule>[] = [
    {
      id: 'kind',
      header: t`Data`,
      render: (rule) => (
        <>
          <span style={{ fontWeight: 500 }}>{rule.title}</span>
          <div style={{ fontSize: 13, color: 'var(--text-dim)' }}>{rule.hint}</div>
        </>
      ),
    },
    {
      id: 'term',
      header: t`Kept`,
      width: '20%',
      render: (rule) =>
        rule.keep_days === null ? (
          <StateLabel tone="idle">{t`without a rule`}</StateLabel>
        ) : (
          countDays(i18n.locale, rule.keep_days, false)
        ),
    },
    {
      id: 'edit',
      header: '',
      width: '1%',
      render: (rule) =>
        may('manage') && (
          <Button variant="subtle" size="compact-sm" onClick={() => setEdited(rule)}>
            <Trans>Set a term</Trans>
          </Button>
        ),
    },
  ]
  return (
    <Stack gap={16}>
      <Panel
        title={t`Terms of keeping`}
        hint={t`What is older than its term is removed every night, for good. Without a rule it stays.`}
        flush
      >
        <DataTable
          label={t`Terms of keeping`}
          columns={columns}
          rows={rules.data}
          rowKey={(rule) => rule.kind}
          error={rules.error && <ErrorNote error={rules.error} />}
          empty={<Empty title={t`Nothing has a term`} />}
          keys={false}
        />
      </Panel>
      <Runs />
      <CalendarPanel />
      {edited && <TermDialog rule={edited} onClose={() => setEdited(null)} />}
    </Stack>
  )
}

function TermDialog({ rule, onClose }: { rule: RetentionRule; onClose: () => void }) {
  const { t, i18n } = useLingui()
  const client = useQueryClient()
  const format = useFormat()
  const [days, setDays] = useState<number | string>(rule.keep_days ?? rule.default_days)
  const wanted = typeof days === 'number' && days >= rule.least_days ? days : null
  const preview = useQuery({ ...retentionPreviewQuery(rule.kind, wanted ?? 0), enabled: wanted !== null })
  const save = useMutation({
    mutationFn: (keep: number | null) => setRetention(rule.kind, keep),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: retentionQuery.queryKey })
      notifyDone(t`The term is set`)
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title={rule.title} closeButtonProps={{ 'aria-label': t`Close` }}>
      <Stack gap={12}>
        <NumberInput
          label={t`Days to keep`}
          description={t`At least ${countDays(i18n.locale, rule.least_days, false)}`}
          data-autofocus
          min={rule.least_days}
          max={36_500}
          allowDecimal={false}
          clampBehavior="none"
          value={days}
          onChange={setDays}
        />
        {wanted !== null && preview.data && (
          <Note level={preview.data.count ? 'warn' : 'info'}>
            {preview.data.count
              ? t`Tonight it would remove for good: ${format.number(preview.data.count)}. That is everything before ${format.date(preview.data.before)}.`
              : t`Tonight it would remove nothing: everything is newer.`}
          </Note>
        )}
        {(preview.error ?? save.error) && <ErrorNote error={preview.error ?? save.error} />}
        <Group justify="space-between" gap={8}>
          {rule.keep_days === null ? (
            <span />
          ) : (
            <Button variant="subtle" color="gray" onClick={() => save.mutate(null)}>
              <Trans>Take the rule away</Trans>
            </Button>
          )}
          <Group gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button
              disabled={wanted === null || !preview.data}
              loading={save.isPending}
              onClick={() => save.mutate(wanted)}
            >
              <Trans>Set the term</Trans>
            </Button>
          </Group>
        </Group>
      </Stack>
    </Modal>
  )
}

function Runs() {
  const { t } = useLingui()
  const format = useFormat()
  const runs = useInfiniteQuery(retentionRunsQuery)
  const columns: Column<RetentionRun>[] = [
    { id: 'at', header: t`When`, render: (run) => format.dateTime(run.started_at) },
    { id: 'kind', header: t`Data`, render: (run) => run.title },
    { id: 'before', header: t`Older than`, hide: 'sm', render: (run) => format.date(run.before) },
    {
      id: 'removed',
      header: t`Removed`,
      align: 'right',
      render: (run) =>
        run.problem ? (
          <StateLabel tone="bad">{t`failed`}</StateLabel>
        ) : run.removed === null ? (
          NOTHING
        ) : (
          format.number(run.removed)
        ),
    },
  ]
  return (
    <Panel title={t`What the nights removed`} flush>
      <DataTable
        label={t`What the nights removed`}
        columns={columns}
        rows={runs.data?.pages.flatMap((page) => page.items)}
        rowKey={(run) => run.id}
        more={{ has: runs.hasNextPage, loading: runs.isFetchingNextPage, load: () => void runs.fetchNextPage() }}
        error={runs.error && <ErrorNote error={runs.error} />}
        empty={<Empty title={t`No night has removed anything yet`} />}
        keys={false}
      />
    </Panel>
  )
}
