import { Select, Skeleton, Stack, Switch } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { notifyUndo } from '../../components/notify'
import { Panel } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import { identityRulesQuery, setIdentityRules } from '../../lib/api/endpoints/profiles'
import type { IdentityRules } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Identity.module.css'

/** Countries whose national numbers people write without a code, nearest first. */
const COUNTRIES = [
  'RU', 'BY', 'KZ', 'AM', 'AZ', 'GE', 'KG', 'MD', 'TJ', 'TM', 'UZ', 'AE', 'AT', 'AU', 'BE', 'BG', 'BR',
  'CA', 'CH', 'CN', 'CY', 'CZ', 'DE', 'DK', 'EE', 'EG', 'ES', 'FI', 'FR', 'GB', 'GR', 'HK', 'HR', 'HU',
  'ID', 'IE', 'IL', 'IN', 'IS', 'IT', 'JP', 'KR', 'LT', 'LU', 'LV', 'ME', 'MX', 'MY', 'NL', 'NO', 'NZ',
  'PH', 'PL', 'PT', 'RO', 'RS', 'SA', 'SE', 'SG', 'SI', 'SK', 'TH', 'TR', 'UA', 'US', 'VN', 'ZA',
]

/** When two records are one person. */
export function IdentitySettings() {
  const { t, i18n } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const rules = useQuery(identityRulesQuery)
  const set = useMutation({
    mutationFn: ({ next }: { next: IdentityRules; before: IdentityRules }) => setIdentityRules(next),
    onSuccess: (saved, { next, before }) => {
      client.setQueryData(identityRulesQuery.queryKey, saved)
      notifyUndo(t`The rules are changed`, () => set.mutate({ next: before, before: next }))
    },
  })
  const countries = new Intl.DisplayNames([i18n.locale], { type: 'region' })
  // What was chosen is shown at once; an error brings the former state back.
  const shown = set.isPending ? set.variables.next : rules.data
  const known = shown?.default_region
  const isReadOnly = !may('manage') || set.isPending
  const change = (part: Partial<IdentityRules>) =>
    rules.data && set.mutate({ next: { ...rules.data, ...part }, before: rules.data })
  return (
    <Stack gap={16}>
      <Panel
        title={t`Rules of joining`}
        hint={t`They hold for what comes from now on. What was taken apart by hand is never joined again.`}
      >
        {rules.error ? (
          <ErrorNote error={rules.error} retry={() => void rules.refetch()} />
        ) : !shown ? (
          <Skeleton height={164} />
        ) : (
          <Stack gap={16} maw={560}>
            <Switch
              label={t`The same e-mail means the same person`}
              description={t`Two customers with different user ids are joined when your server or a file gives both one address.`}
              disabled={isReadOnly}
              checked={shown.merge_by_email}
              onChange={(event) => change({ merge_by_email: event.currentTarget.checked })}
            />
            <Switch
              label={t`The same phone means the same person`}
              description={t`Leave it off where families share a phone, or where cashiers type one number for everybody.`}
              disabled={isReadOnly}
              checked={shown.merge_by_phone}
              onChange={(event) => change({ merge_by_phone: event.currentTarget.checked })}
            />
            <Select
              label={t`Country of phone numbers without a code`}
              description={t`A number written the local way is then the same as one with the country code.`}
              placeholder={t`Only numbers with a country code are understood`}
              searchable
              clearable
              clearButtonProps={{ 'aria-label': t`No country` }}
              disabled={isReadOnly}
              nothingFoundMessage={t`No such country`}
              value={known ?? null}
              data={[...new Set([...(known ? [known] : []), ...COUNTRIES])].map((code) => ({
                value: code,
                label: countries.of(code) ?? code,
              }))}
              onChange={(default_region) => change({ default_region })}
            />
            {set.error && <ErrorNote error={set.error} />}
          </Stack>
        )}
      </Panel>
      <Panel title={t`What is joined always`}>
        <ul className={css.rules}>
          <li>
            <Trans>
              <strong>The same user id</strong> is the same person, on any device.
            </Trans>
          </li>
          <li>
            <Trans>
              <strong>A visitor who signs in</strong> becomes that customer together with what he did before.
            </Trans>
          </li>
          <li>
            <Trans>
              <strong>A shared device</strong> never joins two people who both signed in on it.
            </Trans>
          </li>
          <li>
            <Trans>
              <strong>More than ten user ids with one address</strong> stay apart: it is an address that is
              typed for everybody.
            </Trans>
          </li>
          <li>
            <Trans>
              <strong>Any merge can be undone</strong> on the card of the customer, in “Merges”.
            </Trans>
          </li>
        </ul>
      </Panel>
    </Stack>
  )
}
