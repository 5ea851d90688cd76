import { Button, Group, MultiSelect, Select, Skeleton, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { Panel } from '../../../components/Page'
import { useReasonText } from '../../../components/reasons'
import { ErrorNote } from '../../../components/States'
import { audienceQuery } from '../../../lib/api/endpoints/campaigns'
import { topicsQuery } from '../../../lib/api/endpoints/privacy'
import { segmentChoicesQuery } from '../../../lib/api/endpoints/segments'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Editor.module.css'
import { controlOf, recipientsOf } from './draft'
import type { SectionProps } from './MailingEditor'

interface AudienceSectionProps extends SectionProps {
  campaignId: string
  revision: string
}

export function AudienceSection({ draft, change, isReadOnly, campaignId, revision }: AudienceSectionProps) {
  const { t } = useLingui()
  const format = useFormat()
  const segments = useQuery(segmentChoicesQuery)
  const topics = useQuery(topicsQuery)
  const audience = useQuery({
    ...audienceQuery(campaignId, revision),
    enabled: draft.audience.segment_ids.length > 0,
  })
  const chosen = [...draft.audience.segment_ids, ...draft.audience.exclude_segment_ids]
  const options = [
    // Until the names come, the number of a segment is not a thing to show.
    ...(segments.data ?? chosen.map((id) => ({ id, name: '…' }))).map(({ id, name }) => ({ value: id, label: name })),
    // A deleted segment has no name any more, but it must be seen to be taken out.
    ...((segments.data && audience.data?.missing) ?? []).map((value) => ({ value, label: t`a segment that was deleted` })),
  ]
  const sizes = new Map((segments.data ?? []).map((segment) => [segment.id, segment.count]))
  const renderOption = ({ option }: { option: { value: string; label: string } }) => (
    <Group justify="space-between" w="100%" wrap="nowrap" gap={8}>
      <span>{option.label}</span>
      <span className="tnum" style={{ color: 'var(--text-dim)', fontSize: 12 }}>
        {format.number(sizes.get(option.value))}
      </span>
    </Group>
  )
  const { segment_ids, exclude_segment_ids } = draft.audience

  return (
    <Panel id="audience" title={t`Audience`} hint={t`Whom the mailing goes to, and who is left out.`}>
      <Stack gap={12}>
        <MultiSelect
          label={t`Segments`}
          description={t`Everybody who is in at least one of them.`}
          placeholder={segment_ids.length ? '' : t`Choose a segment`}
          searchable
          nothingFoundMessage={t`No such segment`}
          readOnly={isReadOnly}
          data={options}
          renderOption={renderOption}
          value={segment_ids}
          onChange={(ids) => change({ audience: { ...draft.audience, segment_ids: ids } })}
        />
        {segments.data?.length === 0 && (
          <div>
            <Button
              component={AppLink}
              href="/segments/new"
              variant="light"
              size="compact-sm"
              leftSection={<IconPlus size={14} />}
            >
              <Trans>Make the first segment</Trans>
            </Button>
          </div>
        )}
        <MultiSelect
          label={t`Except`}
          placeholder={exclude_segment_ids.length ? '' : t`Nobody is excluded`}
          searchable
          nothingFoundMessage={t`No such segment`}
          readOnly={isReadOnly}
          data={options.filter((option) => !segment_ids.includes(option.value))}
          renderOption={renderOption}
          value={exclude_segment_ids}
          onChange={(ids) => change({ audience: { ...draft.audience, exclude_segment_ids: ids } })}
        />
        <Select
          label={t`Topic`}
          description={t`Only those get the letter who agreed to it; unsubscribing ends this topic.`}
          disabled={isReadOnly}
          value={draft.topic_id ?? ''}
          data={[
            { value: '', label: t`All e-mail: consent to the channel as a whole` },
            ...(topics.data ?? [])
              .filter((topic) => !topic.archived || topic.id === draft.topic_id)
              .map((topic) => ({ value: topic.id, label: topic.name })),
          ]}
          onChange={(id) => change({ topic_id: id || null })}
        />
        <AudienceFlow campaignId={campaignId} revision={revision} isEmpty={segment_ids.length === 0} />
      </Stack>
    </Panel>
  )
}

/** From everybody in the segments to those who will be written to, step by step. */
function AudienceFlow({
  campaignId,
  revision,
  isEmpty,
}: {
  campaignId: string
  revision: string
  isEmpty: boolean
}) {
  const { t } = useLingui()
  const format = useFormat()
  const reasonText = useReasonText()
  const { data, error, refetch } = useQuery({
    ...audienceQuery(campaignId, revision),
    enabled: !isEmpty,
  })
  if (isEmpty) return null
  if (error) return <ErrorNote error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton height={120} />
  const apart = controlOf(data)
  const minus = (count: number) => (count ? `−${format.number(count)}` : '0')
  return (
    <table className={css.flow}>
      <caption className="visually-hidden">{t`How the audience is made up`}</caption>
      <tbody>
        <tr>
          <th scope="row">
            <Trans>In the segments</Trans>
          </th>
          <td>{format.number(data.total)}</td>
        </tr>
        {data.exclusions.map((exclusion) => (
          <tr key={exclusion.id} data-minus>
            <th scope="row">
              <AppLink href={`/segments/${exclusion.id}`}>{exclusion.name}</AppLink>
            </th>
            <td>{minus(exclusion.removed)}</td>
          </tr>
        ))}
        {data.skips
          .filter((skip) => skip.count > 0)
          .map((skip) => (
            <tr key={skip.reason} data-minus>
              <th scope="row">{reasonText(skip.reason, skip.text)}</th>
              <td>{minus(skip.count)}</td>
            </tr>
          ))}
        <tr>
          <th scope="row">
            <Trans>Take part, the control group included</Trans>
          </th>
          <td>{format.number(data.remaining)}</td>
        </tr>
        {apart > 0 && (
          <tr data-minus>
            <th scope="row">
              <Trans>Control group</Trans>
            </th>
            <td>{minus(apart)}</td>
          </tr>
        )}
        {data.limited > 0 && (
          <tr data-minus>
            <th scope="row">
              <Trans>Have heard as often by then as the sending policy allows</Trans>
            </th>
            <td>{minus(data.limited)}</td>
          </tr>
        )}
        {apart + data.limited > 0 && (
          <tr>
            <th scope="row">
              <Trans>Get a letter</Trans>
            </th>
            <td>{format.number(recipientsOf(data))}</td>
          </tr>
        )}
      </tbody>
    </table>
  )
}
