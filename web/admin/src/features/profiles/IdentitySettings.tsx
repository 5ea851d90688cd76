import { ActionIcon, Button, Group, Modal, MultiSelect, Progress, Select, Skeleton, Stack, Switch } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { notifyDone } from '../../components/notify'
import { Panel } from '../../components/Page'
import { ErrorNote, Note } from '../../components/States'
import { Ago } from '../../components/Time'
import {
  applyRulesAgain,
  ownKindsQuery,
  rulesApplicationQuery,
  rulesConsequencesQuery,
} from '../../lib/api/endpoints/people'
import { identityRulesQuery, setIdentityRules } from '../../lib/api/endpoints/profiles'
import type { IdentityRules, PeopleRun } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { useIdentifierName } from './card/IdentifiersPanel'
import { RulesConsequences } from './RulesConsequences'
import css from './Identity.module.css'

/** Countries whose national numbers people write without a code, nearest first. */
const COUNTRIES = [
  'RU', 'BY', 'KZ', 'AM', 'AZ', 'GE', 'KG', 'MD', 'TJ', 'TM', 'UZ', 'AE', 'AT', 'AU', 'BE', 'BG', 'BR',
  'CA', 'CH', 'CN', 'CY', 'CZ', 'DE', 'DK', 'EE', 'EG', 'ES', 'FI', 'FR', 'GB', 'GR', 'HK', 'HR', 'HU',
  'ID', 'IE', 'IL', 'IN', 'IS', 'IT', 'JP', 'KR', 'LT', 'LU', 'LV', 'ME', 'MX', 'MY', 'NL', 'NO', 'NZ',
  'PH', 'PL', 'PT', 'RO', 'RS', 'SA', 'SE', 'SG', 'SI', 'SK', 'TH', 'TR', 'UA', 'US', 'VN', 'ZA',
]
const OTHERS = '*'

/** When two records are one person. Changes are gathered, counted, and only then switched on. */
export function IdentitySettings() {
  const { t, i18n } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const kindName = useIdentifierName()
  const saved = useQuery(identityRulesQuery)
  const own = useQuery(ownKindsQuery)
  const [draft, setDraft] = useState<IdentityRules | null>(null)
  const [isAsking, setAsking] = useState(false)
  const rules = draft ?? saved.data
  const set = useMutation({
    mutationFn: setIdentityRules,
    onSuccess: (next) => {
      client.setQueryData(identityRulesQuery.queryKey, next)
      void client.invalidateQueries({ queryKey: rulesApplicationQuery.queryKey })
      setDraft(null)
      setAsking(false)
      notifyDone(t`The rules are changed`)
    },
  })
  const isReadOnly = !may('manage')
  const change = (part: Partial<IdentityRules>) => rules && setDraft({ ...rules, ...part })
  const countries = new Intl.DisplayNames([i18n.locale], { type: 'region' })
  const known = rules?.default_region
  const ownKinds = [...new Set([...(own.data?.kinds ?? []), ...(rules?.merge_by ?? []), ...(rules?.shared_kinds ?? []), ...(rules?.priority ?? [])])]
    .filter((kind) => !['email', 'phone', OTHERS].includes(kind))
    .sort()
  const isChanged = draft !== null && JSON.stringify(draft) !== JSON.stringify(saved.data)
  const named = (kinds: string[]) => kinds.map((kind) => ({ value: kind, label: kindName(kind) }))
  /** What is shared by several people cannot join them. */
  const joins = (kind: string) =>
    kind === 'email' ? rules?.merge_by_email : kind === 'phone' ? rules?.merge_by_phone : rules?.merge_by.includes(kind)
  return (
    <Stack gap={16}>
      <Application />
      <Panel
        title={t`Rules of joining`}
        hint={t`They also apply to customers known already. What was taken apart by hand is never joined again.`}
        actions={
          isChanged && (
            <Group gap={8}>
              <Button variant="default" onClick={() => setDraft(null)}>
                <Trans>Discard</Trans>
              </Button>
              <Button onClick={() => setAsking(true)}>
                <Trans>See what changes</Trans>
              </Button>
            </Group>
          )
        }
      >
        {saved.error ? (
          <ErrorNote error={saved.error} retry={() => void saved.refetch()} />
        ) : !rules ? (
          <Skeleton height={164} />
        ) : (
          <Stack gap={16} maw={560}>
            <Switch
              label={t`The same e-mail means the same person`}
              description={t`Two customers with different user ids are joined when your server or a file gives both one address.`}
              disabled={isReadOnly || rules.shared_kinds.includes('email')}
              checked={rules.merge_by_email}
              onChange={(event) => change({ merge_by_email: event.currentTarget.checked })}
            />
            <Switch
              label={t`The same phone means the same person`}
              description={t`Leave it off where families share a phone, or where cashiers type one number for everybody.`}
              disabled={isReadOnly || rules.shared_kinds.includes('phone')}
              checked={rules.merge_by_phone}
              onChange={(event) => change({ merge_by_phone: event.currentTarget.checked })}
            />
            {ownKinds.length > 0 && (
              <MultiSelect
                label={t`Own identifiers that join in the same way`}
                description={t`For example a CRM number that two accounts share.`}
                placeholder={rules.merge_by.length ? undefined : t`None`}
                disabled={isReadOnly}
                data={named(ownKinds.filter((kind) => !rules.shared_kinds.includes(kind)))}
                value={rules.merge_by}
                onChange={(merge_by) => change({ merge_by })}
              />
            )}
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
          </Stack>
        )}
      </Panel>
      <Panel
        title={t`Unique and shared identifiers`}
        hint={t`It holds for what comes from now on; customers joined earlier stay joined.`}
      >
        {rules && (
          <Stack gap={16} maw={560}>
            <MultiSelect
              label={t`Several people may share`}
              description={t`Such a value is kept as a trait and written to, but does not tell who somebody is.`}
              placeholder={rules.shared_kinds.length ? undefined : t`Every identifier belongs to one person`}
              disabled={isReadOnly}
              data={named(['email', 'phone', ...ownKinds].filter((kind) => !joins(kind)))}
              value={rules.shared_kinds}
              onChange={(shared_kinds) => change({ shared_kinds })}
            />
            <Order
              priority={rules.priority}
              ownKinds={ownKinds}
              isReadOnly={isReadOnly}
              onChange={(priority) => change({ priority })}
            />
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
              <strong>A visitor who signs in</strong> becomes that customer together with what they did before.
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
      {isAsking && draft && (
        <Confirm
          rules={draft}
          isSaving={set.isPending}
          error={set.error}
          onClose={() => setAsking(false)}
          onConfirm={() => set.mutate(draft)}
        />
      )}
    </Stack>
  )
}

/** Which kind wins when an event names two: the upper one. */
function Order(props: {
  priority: string[]
  ownKinds: string[]
  isReadOnly: boolean
  onChange: (priority: string[]) => void
}) {
  const { t } = useLingui()
  const kindName = useIdentifierName()
  const named = props.priority.filter((kind) => !['email', 'phone', OTHERS].includes(kind))
  const ownOrder = [...named, ...props.ownKinds.filter((kind) => !named.includes(kind))]
  const groups = props.priority.filter((kind) => ['email', 'phone', OTHERS].includes(kind))
  const flat = (order: string[], own: string[], named: boolean) =>
    order.flatMap((kind) => (kind === OTHERS && named ? [...own, OTHERS] : [kind]))
  const swap = (list: string[], at: number) => {
    const moved = [...list]
    const [one] = moved.splice(at, 1)
    if (one !== undefined) moved.splice(at - 1, 0, one)
    return moved
  }
  const isNamed = named.length > 0
  return (
    <div>
      <div className={css.label}>
        <Trans>What decides when an event names two people</Trans>
      </div>
      <div className={css.dim}>
        <Trans>The upper identifier is the person; the lower ones follow it. A user id is always first, a device last.</Trans>
      </div>
      <ol className={css.order}>
        {groups.map((kind, at) => (
          <li key={kind}>
            <span>{kind === OTHERS ? t`Own identifiers` : kindName(kind)}</span>
            <Arrows
              name={kind === OTHERS ? t`Own identifiers` : kindName(kind)}
              isReadOnly={props.isReadOnly}
              up={at > 0 ? () => props.onChange(flat(swap(groups, at), ownOrder, isNamed)) : undefined}
              down={
                at < groups.length - 1 ? () => props.onChange(flat(swap(groups, at + 1), ownOrder, isNamed)) : undefined
              }
            />
            {kind === OTHERS && ownOrder.length > 1 && (
              <ol className={css.order}>
                {ownOrder.map((one, place) => (
                  <li key={one}>
                    <span>{kindName(one)}</span>
                    <Arrows
                      name={kindName(one)}
                      isReadOnly={props.isReadOnly}
                      up={place > 0 ? () => props.onChange(flat(groups, swap(ownOrder, place), true)) : undefined}
                      down={
                        place < ownOrder.length - 1
                          ? () => props.onChange(flat(groups, swap(ownOrder, place + 1), true))
                          : undefined
                      }
                    />
                  </li>
                ))}
              </ol>
            )}
          </li>
        ))}
      </ol>
    </div>
  )
}

function Arrows(props: {
  name: string
  isReadOnly: boolean
  up: (() => void) | undefined
  down: (() => void) | undefined
}) {
  const { t } = useLingui()
  return (
    <Group gap={4} wrap="nowrap">
      <ActionIcon
        variant="subtle"
        aria-label={t`Move up: ${props.name}`}
        disabled={props.isReadOnly || !props.up}
        onClick={props.up}
      >
        <IconArrowUp size={16} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        aria-label={t`Move down: ${props.name}`}
        disabled={props.isReadOnly || !props.down}
        onClick={props.down}
      >
        <IconArrowDown size={16} />
      </ActionIcon>
    </Group>
  )
}

function Confirm(props: {
  rules: IdentityRules
  isSaving: boolean
  error: unknown
  onClose: () => void
  onConfirm: () => void
}) {
  const { t } = useLingui()
  const told = useQuery(rulesConsequencesQuery(props.rules))
  return (
    <Modal
      opened
      size="lg"
      onClose={props.onClose}
      title={t`What the new rules change`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <Stack gap={16}>
        {told.error ? (
          <ErrorNote error={told.error} retry={() => void told.refetch()} />
        ) : told.data ? (
          <RulesConsequences told={told.data} />
        ) : (
          <Skeleton height={120} />
        )}
        {props.error !== null && <ErrorNote error={props.error} />}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={props.onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button disabled={!told.data} loading={props.isSaving} onClick={props.onConfirm}>
            <Trans>Switch on</Trans>
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

/** How far the last change has come; nothing when there was none. */
function Application() {
  const may = useAccess()
  const format = useFormat()
  const client = useQueryClient()
  const { data } = useQuery(rulesApplicationQuery)
  const again = useMutation({
    mutationFn: applyRulesAgain,
    onSuccess: (state) => client.setQueryData(rulesApplicationQuery.queryKey, state),
  })
  const run: PeopleRun | null = data?.run ?? null
  if (!run || run.state === 'replaced') return null
  const merged = run.counts.merged ?? 0
  const parted = run.counts.parted ?? 0
  if (run.state === 'failed') {
    return (
      <Note level="error">
        <Trans>The rules were not applied to all customers known already.</Trans>{' '}
        {may('manage') && (
          <Button variant="subtle" color="red" size="compact-xs" loading={again.isPending} onClick={() => again.mutate()}>
            <Trans>Try again</Trans>
          </Button>
        )}
      </Note>
    )
  }
  if (run.state === 'done') {
    return (
      <Note level="ok">
        <Trans>
          The rules were applied <Ago at={run.finished_at} />: joined {format.number(merged)}, parted{' '}
          {format.number(parted)}.
        </Trans>
      </Note>
    )
  }
  return (
    <Note level="info">
      <Trans>The rules are being applied to customers known already.</Trans>
      {run.total > 0 && (
        <>
          <Progress mt={8} value={(100 * run.done) / run.total} />
          <div className={css.dim}>
            <Plural value={run.total} one="# shared identifier" other="# shared identifiers" />
          </div>
        </>
      )}
    </Note>
  )
}
