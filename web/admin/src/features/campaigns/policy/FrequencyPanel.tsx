import { ActionIcon, Button, NumberInput, Select, Stack, Switch } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconX } from '@tabler/icons-react'

import { Panel } from '../../../components/Page'
import type { FrequencyLimit } from '../../../lib/api/types'
import css from './Policy.module.css'
import type { PolicyPartProps } from './SendingPolicySettings'

const LIMITS_MAX = 5
const DAYS_MAX = 60

export function FrequencyPanel({ policy, change, isReadOnly }: PolicyPartProps) {
  const { t } = useLingui()
  const { limits } = policy
  const replace = (place: number, part: Partial<FrequencyLimit>) =>
    change({ limits: limits.map((limit, index) => (index === place ? { ...limit, ...part } : limit)) })
  return (
    <Panel
      title={t`How often`}
      hint={t`Mass mailings a person may get. Days are those of the person's own time zone; every line holds.`}
    >
      <Stack gap={12}>
        {limits.map((limit, place) => (
          <div className={css.limit} key={place}>
            <span>
              <Trans>At most</Trans>
            </span>
            <NumberInput
              aria-label={t`Line ${place + 1}: how many`}
              w={72}
              min={1}
              max={100}
              allowDecimal={false}
              disabled={isReadOnly}
              value={limit.count}
              onChange={(count) => typeof count === 'number' && count >= 1 && replace(place, { count })}
            />
            <Select
              aria-label={t`Line ${place + 1}: in what time`}
              w={230}
              allowDeselect={false}
              disabled={isReadOnly}
              value={limit.per === 'week' ? 'week' : limit.days === 1 ? 'day' : 'days'}
              data={[
                { value: 'day', label: t`in a day` },
                { value: 'week', label: t`in a week, from Monday on` },
                { value: 'days', label: t`in several days in a row` },
              ]}
              onChange={(kind) =>
                replace(
                  place,
                  kind === 'week'
                    ? { per: 'week', days: 1 }
                    : { per: 'days', days: kind === 'day' ? 1 : 7 },
                )
              }
            />
            {limit.per === 'days' && limit.days > 1 && (
              <NumberInput
                aria-label={t`Line ${place + 1}: days`}
                w={72}
                min={2}
                max={DAYS_MAX}
                allowDecimal={false}
                disabled={isReadOnly}
                value={limit.days}
                onChange={(days) => typeof days === 'number' && days >= 2 && replace(place, { days })}
              />
            )}
            {!isReadOnly && (
              <ActionIcon
                size={32}
                aria-label={t`Remove line ${place + 1}`}
                onClick={() => change({ limits: limits.filter((_, index) => index !== place) })}
              >
                <IconX size={16} />
              </ActionIcon>
            )}
          </div>
        ))}
        {limits.length === 0 && (
          <span className={css.dim}>
            <Trans>No limit: everybody gets every mailing.</Trans>
          </span>
        )}
        {!isReadOnly && limits.length < LIMITS_MAX && (
          <div>
            <Button
              variant="subtle"
              size="compact-sm"
              leftSection={<IconPlus size={14} />}
              onClick={() =>
                change({
                  limits: [
                    ...limits,
                    limits.length ? { count: 1, per: 'days', days: 1 } : { count: 3, per: 'week', days: 1 },
                  ],
                })
              }
            >
              <Trans>Add a limit</Trans>
            </Button>
          </div>
        )}
        <Switch
          label={t`Never a mass and a triggered message on one day`}
          description={t`After a triggered message the mass one is left out; after a mass one the triggered one waits for the next day.`}
          disabled={isReadOnly}
          checked={policy.mass_apart_from_triggered}
          onChange={(event) => change({ mass_apart_from_triggered: event.currentTarget.checked })}
        />
      </Stack>
    </Panel>
  )
}
