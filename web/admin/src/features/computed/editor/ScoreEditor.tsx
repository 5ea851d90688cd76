import { ActionIcon, Button, NumberInput, Stack, Switch, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconX } from '@tabler/icons-react'

import { PropertyFilters } from '../../../components/rules/PropertyFilters'
import css from '../Computed.module.css'
import { type Action, isAscending, type Level, NEW_ACTION, type ScoreTrait } from '../model'
import { EventSelect, useProperties } from './EventSelect'
import { WindowInput } from './WindowInput'

interface EditorProps {
  trait: ScoreTrait
  onChange: (trait: ScoreTrait) => void
}

const numberOrNone = (value: string | number) => (value === '' ? null : Number(value))

export function ScoreEditor({ trait, onChange }: EditorProps) {
  const { t } = useLingui()
  const replace = (index: number, action: Action) =>
    onChange({ ...trait, actions: trait.actions.map((old, place) => (place === index ? action : old)) })
  return (
    <Stack gap={16}>
      <div className={css.wide}>
        <table className={css.actions}>
          <thead>
            <tr>
              <th>
                <Trans>Action</Trans>
              </th>
              <th>
                <Trans>Points for each</Trans>
              </th>
              <th>
                <Trans>At most a day</Trans>
              </th>
              <th>
                <Trans>At most in all</Trans>
              </th>
              <th />
            </tr>
          </thead>
          <tbody>
            {trait.actions.map((action, index) => (
              <ActionRow
                key={index}
                action={action}
                onChange={(next) => replace(index, next)}
                onRemove={
                  trait.actions.length > 1
                    ? () => onChange({ ...trait, actions: trait.actions.filter((_, place) => place !== index) })
                    : undefined
                }
              />
            ))}
          </tbody>
        </table>
      </div>
      <div>
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} />}
          disabled={trait.actions.length >= 50}
          onClick={() => onChange({ ...trait, actions: [...trait.actions, NEW_ACTION] })}
        >
          <Trans>Another action</Trans>
        </Button>
      </div>
      <div className={css.fields}>
        <span className={css.text}>
          <Trans>Events count</Trans>
        </span>
        <WindowInput window={trait.window} onChange={(window) => onChange({ ...trait, window })} />
      </div>
      <div>
        <div className={css.fields}>
          <Switch
            label={t`Points fade with time`}
            checked={trait.half_life_days !== null}
            mt={6}
            onChange={(event) => onChange({ ...trait, half_life_days: event.currentTarget.checked ? 30 : null })}
          />
          {trait.half_life_days !== null && (
            <>
              <span className={css.text}>
                <Trans>by half in</Trans>
              </span>
              <NumberInput
                aria-label={t`Days until points count half`}
                w={84}
                min={1}
                max={3650}
                allowDecimal={false}
                value={trait.half_life_days}
                onChange={(value) => onChange({ ...trait, half_life_days: Math.max(1, Number(value) || 1) })}
              />
              <span className={css.text}>
                <Trans>days</Trans>
              </span>
            </>
          )}
        </div>
        {trait.half_life_days !== null && (
          <div className={css.dim}>
            <Trans>points × 2^(−days ÷ {trait.half_life_days}); days are counted at midnight.</Trans>
          </div>
        )}
      </div>
      <div className={css.fields}>
        <NumberInput
          label={t`Not less than`}
          placeholder={t`no bound`}
          w={130}
          value={trait.low ?? ''}
          onChange={(value) => onChange({ ...trait, low: numberOrNone(value) })}
        />
        <NumberInput
          label={t`Not more than`}
          placeholder={t`no bound`}
          w={130}
          value={trait.high ?? ''}
          error={trait.low !== null && trait.high !== null && trait.low >= trait.high}
          onChange={(value) => onChange({ ...trait, high: numberOrNone(value) })}
        />
      </div>
      <Levels levels={trait.levels} onChange={(levels) => onChange({ ...trait, levels })} />
    </Stack>
  )
}

interface ActionRowProps {
  action: Action
  onChange: (action: Action) => void
  onRemove: (() => void) | undefined
}

function ActionRow({ action, onChange, onRemove }: ActionRowProps) {
  const { t } = useLingui()
  const properties = useProperties(action.event)
  return (
    <tr>
      <td>
        <Stack gap={6}>
          <EventSelect event={action.event} onChange={(event) => onChange({ ...action, event, filters: [] })} />
          {action.event && (
            <PropertyFilters
              event={action.event}
              properties={properties}
              filters={action.filters}
              onChange={(filters) => onChange({ ...action, filters })}
            />
          )}
        </Stack>
      </td>
      <td>
        <NumberInput
          aria-label={t`Points for each`}
          w={96}
          allowDecimal={false}
          value={action.points}
          error={action.points === 0}
          onChange={(value) => onChange({ ...action, points: Number(value) || 0 })}
        />
      </td>
      <td>
        <NumberInput
          aria-label={t`At most a day`}
          placeholder="∞"
          w={84}
          min={1}
          allowDecimal={false}
          value={action.day_cap ?? ''}
          onChange={(value) => onChange({ ...action, day_cap: numberOrNone(value) })}
        />
      </td>
      <td>
        <NumberInput
          aria-label={t`At most in all`}
          placeholder="∞"
          w={84}
          min={1}
          allowDecimal={false}
          value={action.cap ?? ''}
          onChange={(value) => onChange({ ...action, cap: numberOrNone(value) })}
        />
      </td>
      <td>
        {onRemove && (
          <ActionIcon size={32} aria-label={t`Remove the action ${action.event}`} onClick={onRemove}>
            <IconX size={16} />
          </ActionIcon>
        )}
      </td>
    </tr>
  )
}

function Levels({ levels, onChange }: { levels: Level[]; onChange: (levels: Level[]) => void }) {
  const { t } = useLingui()
  const replace = (index: number, level: Level) =>
    onChange(levels.map((old, place) => (place === index ? level : old)))
  return (
    <Stack gap={6}>
      <strong>
        <Trans>Levels</Trans>
      </strong>
      {levels.map((level, index) => (
        <div key={index} className={css.fields}>
          <TextInput
            aria-label={t`Name of the level`}
            w={180}
            value={level.name}
            error={level.name.trim() === ''}
            onChange={(event) => replace(index, { ...level, name: event.currentTarget.value })}
          />
          <span className={css.text}>
            <Trans>from</Trans>
          </span>
          <NumberInput
            aria-label={t`Points from which the level begins`}
            w={110}
            value={level.start}
            error={!isAscending(levels.slice(0, index + 1).map((one) => one.start))}
            onChange={(value) => replace(index, { ...level, start: Number(value) || 0 })}
          />
          <ActionIcon
            size={32}
            aria-label={t`Remove the level ${level.name}`}
            onClick={() => onChange(levels.filter((_, place) => place !== index))}
          >
            <IconX size={16} />
          </ActionIcon>
        </div>
      ))}
      <div>
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} />}
          disabled={levels.length >= 10}
          onClick={() => onChange([...levels, { name: '', start: (levels.at(-1)?.start ?? 0) + 20 }])}
        >
          <Trans>Level</Trans>
        </Button>
      </div>
    </Stack>
  )
}
