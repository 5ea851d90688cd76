import { ActionIcon, Button, Checkbox, Group, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { DateField } from '../../../components/DateField'
import { Panel } from '../../../components/Page'
import { russianHolidaysQuery } from '../../../lib/api/endpoints/sending'
import { addHolidays, holidayText, isYearly } from './days'
import css from './Policy.module.css'
import type { PolicyPartProps } from './SendingPolicySettings'

export function HolidaysPanel({ policy, change, isReadOnly, problem }: PolicyPartProps) {
  const { t, i18n } = useLingui()
  const ready = useQuery(russianHolidaysQuery)
  const [day, setDay] = useState<string | null>(null)
  const [name, setName] = useState('')
  const [yearly, setYearly] = useState(true)
  const { holidays } = policy
  const present = new Set(holidays.map((one) => one.day))
  const missing = (ready.data ?? []).filter((one) => !present.has(one.day))
  const add = () => {
    if (!day) return
    change({
      holidays: addHolidays(holidays, [{ day: yearly ? day.slice(5) : day, name: name.trim() }]),
    })
    setDay(null)
    setName('')
  }
  return (
    <Panel title={t`Holidays`} hint={t`On these days nothing is sent; messages wait for the next day.`}>
      <Stack gap={12}>
        {holidays.length > 0 && (
          <ul className={css.days} aria-label={t`Holidays`}>
            {holidays.map((one, place) => (
              <li key={one.day}>
                <span className={css.day}>{holidayText(one, i18n.locale)}</span>
                <span className={css.dayName}>{one.name}</span>
                {isYearly(one) ? (
                  <span className={css.dim}>
                    <Trans>every year</Trans>
                  </span>
                ) : (
                  <span />
                )}
                {isReadOnly ? (
                  <span />
                ) : (
                  <ActionIcon
                    size={28}
                    aria-label={t`Remove ${holidayText(one, i18n.locale)}`}
                    onClick={() => change({ holidays: holidays.filter((_, index) => index !== place) })}
                  >
                    <IconX size={14} />
                  </ActionIcon>
                )}
                {problem(`holidays.${place}.day`) && (
                  <span className={css.problem}>{problem(`holidays.${place}.day`)}</span>
                )}
              </li>
            ))}
          </ul>
        )}
        {problem('holidays') && <span className={css.problem}>{problem('holidays')}</span>}
        {!isReadOnly && (
          <>
            <Group gap={8} align="flex-end">
              <DateField label={t`Day`} value={day} onChange={setDay} />
              <TextInput
                label={t`Name`}
                w={220}
                maxLength={120}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                onKeyDown={(event) => event.key === 'Enter' && add()}
              />
              <Checkbox
                mb={8}
                label={t`every year`}
                checked={yearly}
                onChange={(event) => setYearly(event.currentTarget.checked)}
              />
              <Button variant="default" disabled={!day} onClick={add}>
                <Trans>Add the day</Trans>
              </Button>
            </Group>
            {missing.length > 0 && (
              <div>
                <Button
                  variant="subtle"
                  size="compact-sm"
                  leftSection={<IconPlus size={14} />}
                  onClick={() => change({ holidays: addHolidays(holidays, missing) })}
                >
                  <Trans>Add the public holidays of Russia</Trans>
                </Button>
              </div>
            )}
          </>
        )}
      </Stack>
    </Panel>
  )
}
