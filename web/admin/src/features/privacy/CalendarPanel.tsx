import { ActionIcon, Button, Group, Select, Stack, Tooltip } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { DateField } from '../../components/DateField'
import { notifyError } from '../../components/notify'
import { Panel } from '../../components/Page'
import { useErrorText } from '../../components/States'
import { calendarQuery, REQUESTS_KEY, setCalendar } from '../../lib/api/endpoints/privacy'
import type { CalendarDay } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Privacy.module.css'
import { useDay } from './words'

/** Days that differ from the calendar of the law, by which terms of requests are counted. */
export function CalendarPanel() {
  const { t } = useLingui()
  const client = useQueryClient()
  const may = useAccess()
  const dayText = useDay()
  const errorText = useErrorText()
  const calendar = useQuery(calendarQuery)
  const [day, setDay] = useState<string | null>(null)
  const [kind, setKind] = useState<'off' | 'working'>('off')
  const save = useMutation({
    mutationFn: (days: CalendarDay[]) => setCalendar(days),
    onSuccess: (saved) => {
      client.setQueryData(calendarQuery.queryKey, saved)
      void client.invalidateQueries({ queryKey: REQUESTS_KEY })
      setDay(null)
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const days = calendar.data?.days ?? []
  return (
    <Panel
      title={t`Working calendar`}
      hint={t`Weekends and the holidays of Russian law are known, with the days moved in 2025 and 2026. Add what differs: open terms are counted again.`}
    >
      <Stack gap={12}>
        {days.length > 0 && (
          <ul className={css.plain}>
            {days.map((one) => (
              <li key={one.day} className={css.between}>
                <span>
                  {dayText(one.day)}, {one.working ? t`a working day` : t`a day off`}
                </span>
                {may('manage') && (
                  <Tooltip label={t`Remove`}>
                    <ActionIcon
                      aria-label={t`Remove ${dayText(one.day)}`}
                      onClick={() => save.mutate(days.filter((other) => other.day !== one.day))}
                    >
                      <IconTrash size={16} />
                    </ActionIcon>
                  </Tooltip>
                )}
              </li>
            ))}
          </ul>
        )}
        {may('manage') ? (
          <form
            onSubmit={(event) => {
              event.preventDefault()
              if (!day) return
              const others = days.filter((other) => other.day !== day)
              save.mutate([...others, { day, working: kind === 'working' }])
            }}
          >
            <Group align="flex-end" gap={8}>
              <DateField label={t`Day`} required withAsterisk={false} value={day} onChange={setDay} />
              <Select
                label={t`What it is`}
                allowDeselect={false}
                value={kind}
                data={[
                  { value: 'off', label: t`a day off` },
                  { value: 'working', label: t`a working day` },
                ]}
                onChange={(value) => value && setKind(value)}
              />
              <Button type="submit" variant="default" disabled={!day} loading={save.isPending}>
                <Trans>Add the day</Trans>
              </Button>
            </Group>
          </form>
        ) : (
          days.length === 0 && (
            <span className={css.dim}>
              <Trans>No day differs.</Trans>
            </span>
          )
        )}
      </Stack>
    </Panel>
  )
}
