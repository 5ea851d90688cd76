import { Button, Menu, Select, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { AppLink } from '../../../components/AppLink'
import { Page, Panel } from '../../../components/Page'
import { Empty, ErrorNote, Note } from '../../../components/States'
import { Ago, DateTime } from '../../../components/Time'
import { controlPeopleCsvUrl, globalControlCsvUrl, globalControlQuery } from '../../../lib/api/endpoints/analytics'
import type { ControlAsked, GlobalControlReport } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import report from '../report/Report.module.css'
import { toneOf } from '../report/Verdict'
import css from './Control.module.css'
import { ControlCounted } from './ControlCounted'
import { ControlDifferences } from './ControlDifferences'
import { ControlMonths } from './ControlMonths'
import { ControlOutliers } from './ControlOutliers'
import { ControlSides } from './ControlSides'
import { useGroupName } from './names'
import { askedOf, searchOf } from './search'

const route = getRouteApi('/inside/reports/control-group')

/** What all mailings together change: those who are kept out of them against the rest. */
export function ControlPage() {
  const { t } = useLingui()
  const asked = askedOf(route.useSearch())
  const navigate = route.useNavigate()
  const { data, error, refetch } = useQuery(globalControlQuery(asked))
  const set = (change: ControlAsked) =>
    void navigate({ search: searchOf({ ...asked, ...change }), replace: true, resetScroll: false })
  return (
    <Page
      title={t`Global control group`}
      back={{ href: '/reports', label: t`Reports` }}
      subtitle={t`What all mailings together change: people who are kept out of them against the rest.`}
      actions={data?.span && <Download asked={asked} />}
    >
      {error ? (
        <ErrorNote error={error} retry={() => void refetch()} />
      ) : !data ? (
        <div className={report.stack}>
          <Skeleton height={92} />
          <Skeleton height={260} />
        </div>
      ) : data.span === null ? (
        <NoGroup data={data} />
      ) : (
        <div className={report.stack}>
          <GroupChoice data={data} span={data.span} onChange={(group) => set({ group })} />
          <ControlVerdict data={data} />
          <ControlOutliers
            data={data}
            asked={asked}
            onCut={(cut) => set({ without_outliers: cut })}
          />
          <ControlSides data={data} asked={asked} />
          {data.comparisons.length > 0 && <ControlDifferences data={data} />}
          {data.counted.length > 0 && <ControlCounted data={data} />}
          {data.months.length > 0 && <ControlMonths data={data} asked={asked} />}
          <HowItIsCounted />
        </div>
      )}
    </Page>
  )
}

function NoGroup({ data }: { data: GlobalControlReport }) {
  const { t } = useLingui()
  const may = useAccess()
  return (
    <Panel>
      <Empty
        title={t`There is no global control group`}
        action={
          may('manage') && (
            <Button component={AppLink} href="/settings/sending-policy">
              <Trans>Set one up</Trans>
            </Button>
          )
        }
      >
        {data.verdict.text}
      </Empty>
    </Panel>
  )
}

interface GroupChoiceProps {
  data: GlobalControlReport
  span: NonNullable<GlobalControlReport['span']>
  onChange: (group: string) => void
}

/** Each group by itself: after a renewal other people are kept out. */
function GroupChoice({ data, span, onChange }: GroupChoiceProps) {
  const { t } = useLingui()
  const groupName = useGroupName()
  if (data.spans.length < 2) {
    return (
      <div className={css.group}>
        <span>
          <Trans>Group</Trans>
        </span>
        {groupName(span)}
      </div>
    )
  }
  return (
    <Select
      label={t`Group`}
      description={t`Each group is reported by itself: with a renewal, or another share, other people are kept out.`}
      w={420}
      maw="100%"
      allowDeselect={false}
      value={span.since}
      data={data.spans.map((one) => ({ value: one.since, label: groupName(one) }))}
      onChange={(group) => group && onChange(group)}
    />
  )
}

function ControlVerdict({ data }: { data: GlobalControlReport }) {
  const { t } = useLingui()
  return (
    <section className={report.verdict} data-tone={toneOf(data.verdict)} aria-label={t`Verdict`}>
      <p>{data.verdict.text}</p>
      <footer>
        {data.complete ? (
          <Trans>
            As of <Ago at={data.as_of} />. The time of this group is over.
          </Trans>
        ) : data.span?.until ? (
          <Trans>
            As of <Ago at={data.as_of} />. The group is in force until <DateTime at={data.span.until} />.
          </Trans>
        ) : (
          <Trans>
            As of <Ago at={data.as_of} />. The group is in force until somebody changes it.
          </Trans>
        )}
      </footer>
      {data.sample_ratio && !data.sample_ratio.ok && (
        <div style={{ marginTop: 12 }}>
          <Note level="warning">
            <SizesAreOff data={data} />
          </Note>
        </div>
      )}
    </section>
  )
}

function SizesAreOff({ data }: { data: GlobalControlReport }) {
  const format = useFormat()
  const kept = data.sides.find((side) => side.key === 'kept')
  const all = data.sides.reduce((sum, side) => sum + side.people, 0)
  if (!kept || all === 0) return null
  return (
    <Trans>
      {format.percent(kept.people / all, 1)} of the people were kept out, but {format.percent(kept.share, 1)} was
      ordered: a mailing may have reached only one of the two sides.
    </Trans>
  )
}

/** What the figures rest on, for whoever has to believe them. */
function HowItIsCounted() {
  return (
    <p className={report.method} style={{ margin: 0 }}>
      <Trans>
        Compared are people to whom at least one mailing was meant while this group was in force and whom nothing else
        held back: a mass mailing, a run of a regular one, or a transactional letter that is no service message.
        Everybody counts from his first such mailing on, whatever became of it, with all his orders, net of what was
        given back. Service messages reach both sides and are not counted.
      </Trans>
    </p>
  )
}

function Download({ asked }: { asked: ControlAsked }) {
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />}>
          <Trans>CSV</Trans>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={globalControlCsvUrl(asked)} download>
          <Trans>Groups, comparisons, months</Trans>
        </Menu.Item>
        <Menu.Item component="a" href={controlPeopleCsvUrl(asked)} download>
          <Trans>People, one a line</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
