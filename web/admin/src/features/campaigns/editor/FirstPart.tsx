import { Group, NumberInput, Radio, Select, Stack, Switch } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import type { Campaign } from '../../../lib/api/types'
import css from './Editor.module.css'
import type { SectionProps } from './MailingEditor'

export type First = NonNullable<Campaign['first']>
export type WinnerMetric = First['metric']

const FRESH: First = { people: 1000, share: null, decide: 'hand', hours: 4, metric: 'clicks' }

export function useMetricName(): (metric: WinnerMetric) => string {
  const { t } = useLingui()
  const names: Record<WinnerMetric, string> = {
    opens: t({ context: 'the best by', message: 'opens' }),
    clicks: t({ context: 'the best by', message: 'clicks' }),
    targets: t({ context: 'the best by', message: 'target actions' }),
    revenue: t({ context: 'the best by', message: 'revenue per person' }),
  }
  return (metric) => names[metric]
}

/** A new idea goes to some people first; what the rest gets is decided after that. */
export function FirstPart({ draft, change, isReadOnly }: SectionProps) {
  const { t } = useLingui()
  const metricName = useMetricName()
  const { first } = draft
  const set = (part: Partial<First>) => change({ first: { ...(first ?? FRESH), ...part } })
  const hasVariants = draft.variants.length > 1
  return (
    <div>
      <Switch
        label={t`Send to a part first`}
        description={t`People drawn at random get the variants; the rest waits for a choice.`}
        disabled={isReadOnly}
        checked={first !== null}
        onChange={(event) => change({ first: event.currentTarget.checked ? FRESH : null })}
      />
      {first && (
        <Stack gap={12} mt={12} pl={44} className={css.first}>
          <Group gap={8} align="flex-end">
            <Select
              label={t`The first part`}
              w={220}
              allowDeselect={false}
              disabled={isReadOnly}
              value={first.share === null ? 'people' : 'share'}
              data={[
                { value: 'people', label: t`people at most` },
                { value: 'share', label: t`a share of the audience` },
              ]}
              onChange={(kind) =>
                set(kind === 'share' ? { people: null, share: 10 } : { people: 1000, share: null })
              }
            />
            {first.share === null ? (
              <NumberInput
                aria-label={t`People of the first part at most`}
                w={120}
                min={1}
                max={10_000_000}
                allowDecimal={false}
                disabled={isReadOnly}
                value={first.people ?? ''}
                onChange={(people) => typeof people === 'number' && people >= 1 && set({ people })}
              />
            ) : (
              <NumberInput
                aria-label={t`Share of the first part, per cent`}
                w={120}
                min={1}
                max={99}
                suffix=" %"
                disabled={isReadOnly}
                value={first.share}
                onChange={(share) => typeof share === 'number' && share >= 1 && set({ share })}
              />
            )}
          </Group>
          <span className={css.dim}>
            {first.share === null ? (
              <Trans>
                That is a maximum: people drawn whom something holds back (a consent, the stop list, the control
                group) are not replaced by others.
              </Trans>
            ) : (
              <Trans>The share is drawn from everybody in the audience, before anything holds people back.</Trans>
            )}
          </span>
          <Radio.Group
            label={t`What the rest gets`}
            value={first.decide}
            onChange={(decide) => set({ decide: decide as First['decide'] })}
          >
            <Stack gap={8} mt={4}>
              <Radio size="xs" value="hand" disabled={isReadOnly} label={t`I look at the report and choose`} />
              <Radio
                size="xs"
                value="winner"
                disabled={isReadOnly}
                label={hasVariants ? t`The best variant, by itself` : t`The same letter, after some hours`}
              />
            </Stack>
          </Radio.Group>
          {first.decide === 'winner' && (
            <Group gap={8} align="flex-end">
              <NumberInput
                label={t`After so many hours`}
                w={150}
                min={1}
                max={336}
                allowDecimal={false}
                disabled={isReadOnly}
                value={first.hours}
                onChange={(hours) => typeof hours === 'number' && hours >= 1 && set({ hours })}
              />
              {hasVariants && (
                <Select
                  label={t`The best by`}
                  w={220}
                  allowDeselect={false}
                  disabled={isReadOnly}
                  value={first.metric}
                  data={(['opens', 'clicks', 'targets', 'revenue'] as const).map((value) => ({
                    value,
                    label: metricName(value),
                  }))}
                  onChange={(metric) => metric && set({ metric: metric as WinnerMetric })}
                />
              )}
            </Group>
          )}
          {first.decide === 'winner' && hasVariants && (
            <span className={css.dim}>
              <Trans>
                The leading variant is taken even when the lead may be chance; the page then says so. Of equal
                variants the first is taken.
              </Trans>
            </span>
          )}
        </Stack>
      )}
    </div>
  )
}
