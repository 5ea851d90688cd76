import { Button, Group, SegmentedControl, Select, Skeleton } from '@mantine/core'
import { useIntersection } from '@mantine/hooks'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { useArmName } from '../../../../components/arms'
import { Panel } from '../../../../components/Page'
import { Empty, ErrorNote, Note } from '../../../../components/States'
import { clickMapCsvUrl, clickMapQuery } from '../../../../lib/api/endpoints/clicks'
import type { ReportOf } from '../../../../lib/api/reportOf'
import type { ClickMap, ClickPlace, Report } from '../../../../lib/api/types'
import { useFormat } from '../../../../lib/format/useFormat'
import { peopleHref } from '../figures'
import { ClicksTable } from './ClicksTable'
import css from './Clicks.module.css'
import { LetterMap } from './LetterMap'

interface ClicksProps {
  report: Report
  of: ReportOf
  /** The letters that there are, if not one of each group. */
  letters?: { key: string; name: string }[]
}

/** Which places of the letter people followed: over the letter itself, and as a table beside it. */
export function Clicks({ report, of, letters }: ClicksProps) {
  const { t } = useLingui()
  const armName = useArmName()
  const variants: { key: string; name: string }[] = letters ?? report.arms.filter((arm) => !arm.is_control)
  const [variant, setVariant] = useState(variants[0]?.key ?? '')
  const [part, setPart] = useState<'first' | 'rest'>('first')
  // The letter is made anew for the map, so only for those who come to see it.
  const [seen, setSeen] = useState(false)
  const { ref, entry } = useIntersection({ rootMargin: '400px' })
  if (entry?.isIntersecting && !seen) setSeen(true)
  const asked = { variant, part }
  const { data, error, refetch } = useQuery({ ...clickMapQuery(of, asked), enabled: seen && variant !== '' })
  const toRest = () => {
    setPart('rest')
    // The rest got one letter only.
    setVariant(report.rest[0]?.key ?? variant)
  }
  return (
    <Panel
      title={t`Map of clicks`}
      hint={t`People, each once for a place. Clicks of machines are counted apart.`}
      flush
      actions={
        <Group gap={8}>
          {report.rest.length > 0 && (
            <SegmentedControl
              size="xs"
              aria-label={t`Part of the mailing`}
              value={part}
              onChange={(value) => (value === 'rest' ? toRest() : setPart('first'))}
              data={[
                { value: 'first', label: t`First part` },
                { value: 'rest', label: t`The rest` },
              ]}
            />
          )}
          {variants.length > 1 && (
            <Select
              size="xs"
              w={200}
              aria-label={t`Letter`}
              allowDeselect={false}
              value={variant}
              onChange={(value) => value && setVariant(value)}
              data={variants.map((arm) => ({ value: arm.key, label: armName(arm.key, arm.name) }))}
            />
          )}
          <Button
            component="a"
            size="xs"
            variant="default"
            leftSection={<IconDownload size={14} />}
            href={clickMapCsvUrl(of, asked)}
            download
          >
            <Trans>CSV</Trans>
          </Button>
        </Group>
      }
    >
      <div ref={ref}>
        {error ? (
          <div className={css.padded}>
            <ErrorNote error={error} retry={() => void refetch()} />
          </div>
        ) : data ? (
          <Shown map={data} of={of} part={part} />
        ) : (
          <div className={css.padded} style={{ minHeight: 352 }}>
            {seen && <Skeleton height={320} />}
          </div>
        )}
      </div>
    </Panel>
  )
}

interface ShownProps {
  map: ClickMap
  of: ReportOf
  part: 'first' | 'rest'
}

function Shown({ map, of, part }: ShownProps) {
  const { t } = useLingui()
  const format = useFormat()
  const [pointed, setPointed] = useState<number | null>(null)
  const hrefOf = ({ people, link, address }: ClickPlace) =>
    people > 0
      ? peopleHref(of, {
          figure: 'clicked_person',
          arm: map.variant,
          link: String(link),
          part,
          ...(address !== null && { url: address }),
        })
      : null
  const shared = { map, pointed, onPoint: setPointed, hrefOf }
  if (!map.places.length) {
    return (
      <Empty title={t`There is no link in this letter that is counted`}>
        <Trans>Unsubscribing, mail addresses and telephone numbers are not.</Trans>
      </Empty>
    )
  }
  return (
    <div className={css.both}>
      {map.html ? (
        <LetterMap key={map.html} {...shared} />
      ) : (
        <div className={css.padded}>
          <Note level="warn">
            <Trans>This letter can no longer be made, so only the table is left.</Trans>
          </Note>
        </div>
      )}
      <div className={css.beside}>
        <p className={css.sum}>
          <Trans>
            {format.number(map.clicked)} of {format.number(map.delivered)} readers clicked; of{' '}
            {format.number(map.machines)} more only machines did.
          </Trans>{' '}
          {map.hidden > 0 && (
            <Plural
              value={map.hidden}
              one="A machine of # reader followed a link that nobody sees."
              other="Machines of # readers followed a link that nobody sees."
            />
          )}{' '}
          {map.sample ? (
            <Trans>The letter is shown for an invented customer.</Trans>
          ) : (
            <Trans>The letter is shown as one of its readers got it.</Trans>
          )}
        </p>
        <ClicksTable {...shared} />
      </div>
    </div>
  )
}
