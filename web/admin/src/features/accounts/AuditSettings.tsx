import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'

import { AppLink } from '../../components/AppLink'
import { type Column, DataTable } from '../../components/DataTable'
import { Panel } from '../../components/Page'
import { Empty, ErrorNote } from '../../components/States'
import { DateTime } from '../../components/Time'
import { auditQuery } from '../../lib/api/endpoints/accounts'
import type { AuditEntry } from '../../lib/api/types'

const LINKS: Record<string, (id: string) => string> = {
  campaign: (id) => `/mailings/${id}`,
  segment: (id) => `/segments/${id}`,
  letter: (id) => `/letters/${id}`,
  profile: (id) => `/customers/${id}`,
  import: (id) => `/imports/${id}`,
}

/** "segment_created" and "topic.created" are both "created": the object stands in its own column. */
function verbOf(action: string): string {
  const plain = action.split('.').at(-1) ?? action
  return plain.replace(/^(segment|letter|campaign|topic|profile|import|key|user|sender|workspace)_/, '')
}

export function AuditSettings() {
  const { t } = useLingui()
  const list = useInfiniteQuery(auditQuery)
  const actions: Record<string, string> = {
    signed_in: t`signed in`,
    created: t`created`,
    changed: t`changed`,
    updated: t`changed`,
    removed: t`removed`,
    deleted: t`removed`,
    added: t`added`,
    revoked: t`revoked`,
    launched: t`launched`,
    paused: t`paused`,
    resumed: t`resumed`,
    finished: t`finished`,
    changed_password: t`changed the password`,
    started: t`started`,
    released: t`tried again`,
    merged: t`merged`,
    merge_undone: t`undid a merge`,
    members_changed: t`changed the members`,
    granted: t`noted a consent`,
    withdrawn: t`noted a withdrawal`,
  }
  const kinds: Record<string, string> = {
    campaign: t`mailing`,
    segment: t`segment`,
    letter: t`letter`,
    profile: t`customer`,
    import: t`import`,
    batch: t`events set apart`,
    key: t`API key`,
    user: t`user`,
    workspace: t`workspace`,
    sender: t`sender`,
    topic: t`topic`,
    suppression: t`stop list`,
    consent_text: t`consent text`,
    consent_policy: t`rule of consents`,
    identity_rules: t`rules of joining`,
  }
  const details: Record<string, string> = {
    people: t`people`,
    role: t`role`,
    reason: t`reason`,
    version: t`version`,
    channel: t`channel`,
    kind: t`kind`,
    traits: t`traits`,
    fields: t`fields`,
    from_id: t`from the customer`,
    email_needs_consent: t`consent is needed`,
  }
  const valueText = (value: unknown) =>
    Array.isArray(value) ? value.join(', ') : value === true ? t`yes` : value === false ? t`no` : String(value)
  // Rules are kept with the workspace, but it is the rules that were changed.
  const kindOf = (entry: AuditEntry) => {
    const subject = entry.action.split('.')[0] ?? ''
    return (entry.object_kind === 'workspace' && kinds[subject]) || kinds[entry.object_kind] || entry.object_kind
  }
  const columns: Column<AuditEntry>[] = [
    { id: 'at', header: t`When`, render: (entry) => <DateTime at={entry.at} /> },
    { id: 'who', header: t`Who`, render: (entry) => entry.actor },
    { id: 'what', header: t`What`, render: (entry) => actions[verbOf(entry.action)] ?? entry.action },
    {
      id: 'object',
      header: t`Of what`,
      render: (entry) => {
        const kind = kindOf(entry)
        const link = LINKS[entry.object_kind]?.(entry.object_id)
        return link ? <AppLink href={link}>{kind}</AppLink> : kind
      },
    },
    {
      id: 'detail',
      header: t`Details`,
      hide: 'md',
      render: (entry) => (
        <span style={{ fontSize: 13, color: 'var(--text-dim)' }}>
          {Object.entries(entry.detail)
            .map(([key, value]) => `${details[key] ?? key}: ${valueText(value)}`)
            .join('; ')}
        </span>
      ),
    },
  ]
  return (
    <Panel title={t`Audit log`} hint={t`Who did what in this workspace. Lines are never changed.`} flush>
      <DataTable
        label={t`Audit log`}
        columns={columns}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowKey={(entry) => entry.id}
        more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        error={list.error && <ErrorNote error={list.error} />}
        empty={
          <Empty title={t`Nothing here yet`}>
            <Trans>Every change of settings, segments and mailings leaves a line here.</Trans>
          </Empty>
        }
      />
    </Panel>
  )
}
