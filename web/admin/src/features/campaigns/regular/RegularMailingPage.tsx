import { Group, Skeleton, Stack, Tabs } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'

import { Page, Panel } from '../../../components/Page'
import { useReasonText } from '../../../components/reasons'
import { ErrorNote, Note } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { regularChecksQuery, regularQuery } from '../../../lib/api/endpoints/regular'
import { sendingPolicyQuery } from '../../../lib/api/endpoints/sending'
import type { RegularMailing } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { Actions, Approval } from './Actions'
import { PersonPreview } from './PersonPreview'
import css from './Regular.module.css'
import { Runs, SeriesReport } from './Runs'
import { Settings } from './Settings'
import { RegularStateLabel, usePlanText } from './words'

const route = getRouteApi('/inside/mailings/regular/$id')

export function RegularMailingPage() {
  const { id } = route.useParams()
  const { data, error } = useQuery(regularQuery(id))
  if (error) throw error
  if (!data) return <Skeleton height={320} m={24} />
  return <RegularView mailing={data as RegularMailing} />
}

function RegularView({ mailing }: { mailing: RegularMailing }) {
  const { t } = useLingui()
  const may = useAccess()
  const planText = usePlanText()
  const [profileId, setProfileId] = useState<number | null>(null)
  const [tab, setTab] = useState<string | null>(mailing.runs > 0 ? 'runs' : 'settings')
  const checks = useQuery(regularChecksQuery(mailing.id, mailing.version))
  const policy = useQuery(sendingPolicyQuery)
  const isReadOnly = !may('edit') || mailing.state === 'finished'
  const isBlocked = checks.data?.checks.some((check) => check.level === 'block') ?? true
  return (
    <Page
      title={mailing.name}
      subtitle={
        <Group gap={12}>
          <RegularStateLabel state={mailing.state} />
          <span>{planText(mailing.plan)}</span>
          {mailing.next_at && (
            <span>
              {mailing.next_skipped ? (
                <Trans>
                  next time <DateTime at={mailing.next_at} />, left out
                </Trans>
              ) : (
                <Trans>
                  next time <DateTime at={mailing.next_at} />
                </Trans>
              )}
            </span>
          )}
        </Group>
      }
      back={{ href: '/mailings/regular', label: t`Regular mailings` }}
      actions={<Actions mailing={mailing} profileId={profileId} isBlocked={isBlocked} />}
    >
      <div className={css.layout}>
        <div className={css.column}>
          <Tabs value={tab} onChange={setTab} keepMounted={false}>
            <Tabs.List mb={16}>
              <Tabs.Tab value="settings">
                <Trans>Settings</Trans>
              </Tabs.Tab>
              <Tabs.Tab value="preview">
                <Trans>Next run</Trans>
              </Tabs.Tab>
              <Tabs.Tab value="runs">
                <Trans context="regular mailing">Runs</Trans>
              </Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="settings">
              <Settings key={mailing.version} mailing={mailing} isReadOnly={isReadOnly} />
            </Tabs.Panel>
            <Tabs.Panel value="preview">
              <PersonPreview mailing={mailing} profileId={profileId} onChange={setProfileId} />
            </Tabs.Panel>
            <Tabs.Panel value="runs">
              <Runs id={mailing.id} />
            </Tabs.Panel>
          </Tabs>
        </div>
        <div className={css.column}>
          <Readiness mailing={mailing} />
          {(policy.data?.policy.approval_required || mailing.approval) && mailing.state !== 'finished' && (
            <Panel title={t`Approval`} hint={t`Once for all runs, until letter or audience change.`}>
              <Approval mailing={mailing} />
            </Panel>
          )}
          <SeriesReport id={mailing.id} />
        </div>
      </div>
    </Page>
  )
}

/** The checks, and who would get it if it went out now. */
function Readiness({ mailing }: { mailing: RegularMailing }) {
  const { t } = useLingui()
  const format = useFormat()
  const reasonText = useReasonText()
  const { data, error } = useQuery(regularChecksQuery(mailing.id, mailing.version))
  return (
    <Panel title={t`If it went out now`}>
      {error && <ErrorNote error={error} />}
      {!data && !error && <Skeleton height={120} />}
      {data && (
        <Stack gap={16}>
          <dl className={css.facts}>
            <dt>{t`Meant for`}</dt>
            <dd>{format.number(data.audience.total)}</dd>
            {data.audience.skips.map((skip) => (
              <FactLine
                key={skip.reason}
                name={reasonText(skip.reason, skip.text)}
                value={`−${format.number(skip.count)}`}
              />
            ))}
            <dt>{t`Would get a letter`}</dt>
            <dd>
              {format.number(
                data.audience.arms
                  .filter((arm) => arm.key !== 'control')
                  .reduce((sum, arm) => sum + arm.count, 0),
              )}
            </dd>
          </dl>
          <ul className={css.checks} aria-label={t`Checks`}>
            {[...new Map(data.checks.map((check) => [check.message, check])).values()].map((check) => (
              <li key={`${check.code}-${check.message}`}>
                <Note level={check.level}>{check.message}</Note>
              </li>
            ))}
          </ul>
        </Stack>
      )}
    </Panel>
  )
}

function FactLine({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
