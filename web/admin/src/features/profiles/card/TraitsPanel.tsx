import { ActionIcon, Button, Group, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { useComputedText } from '../../../components/computedText'
import { notifyError, notifyUndo } from '../../../components/notify'
import { Panel } from '../../../components/Page'
import { useErrorText } from '../../../components/States'
import { profileQuery, updateTraits } from '../../../lib/api/endpoints/profiles'
import type { ProfileCard } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { useTraitText } from '../traits'
import css from './Card.module.css'
import { EditsDialog } from './EditsDialog'
import { parseTrait } from './parseTrait'

/** Traits by name; a press on a value changes it, and the change can be undone. */
export function TraitsPanel({ card }: { card: ProfileCard }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const traitText = useTraitText()
  const computedText = useComputedText()
  const [editing, setEditing] = useState<string | null>(null)
  const [isAdding, setAdding] = useState(false)
  const [isHistory, setHistory] = useState(false)
  const format = useFormat()
  const computed = new Set(card.computed)
  const since = (name: string) => {
    const at = card.trait_times[name]
    return at ? t`Since ${format.dateTime(at)}` : undefined
  }
  // The card, the log of changes and the timeline all begin with this key.
  const settle = () => void client.invalidateQueries({ queryKey: profileQuery(card.id).queryKey })
  const save = useMutation({
    mutationFn: ({ name, value }: { name: string; value: unknown }) =>
      updateTraits(card.id, { [name]: value }),
    onSuccess: (_, { name }) => {
      settle()
      setEditing(null)
      setAdding(false)
      notifyUndo(t`“${name}” is changed`, () => {
        void updateTraits(card.id, { [name]: card.traits[name] ?? null }).then(settle)
      })
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const names = Object.keys(card.traits).sort((a, b) => a.localeCompare(b))
  return (
    <Panel
      title={t`Traits`}
      actions={
        <Group gap={4} wrap="nowrap">
          <Button variant="subtle" size="compact-sm" onClick={() => setHistory(true)}>
            <Trans>History</Trans>
          </Button>
          {may('edit') && (
            <ActionIcon aria-label={t`Add a trait`} onClick={() => setAdding(true)}>
              <IconPlus size={16} />
            </ActionIcon>
          )}
        </Group>
      }
    >
      {names.length === 0 && !isAdding && (
        <span className={css.dim}>
          <Trans>Nothing is known yet.</Trans>
        </span>
      )}
      <dl className={css.facts}>
        {names.map((name) => [
          <dt key={`${name}-name`} title={since(name)}>
            {name}
            {computed.has(name) && (
              <div className={css.mark}>
                <Trans>computed</Trans>
              </div>
            )}
          </dt>,
          <dd key={name}>
            {editing === name ? (
              <TextInput
                aria-label={t`Value of ${name}`}
                autoFocus
                defaultValue={rawText(card.traits[name])}
                onBlur={() => setEditing(null)}
                onKeyDown={(event) => {
                  if (event.key === 'Escape') setEditing(null)
                  if (event.key === 'Enter') {
                    save.mutate({ name, value: parseTrait(event.currentTarget.value, card.traits[name]) })
                  }
                }}
              />
            ) : may('edit') && !computed.has(name) ? (
              <button
                type="button"
                className={css.editable}
                aria-label={t`Change ${name}: ${traitText(card.traits[name], card.trait_types[name])}`}
                onClick={() => setEditing(name)}
              >
                {traitText(card.traits[name], card.trait_types[name])}
              </button>
            ) : computed.has(name) ? (
              computedText(card.traits[name])
            ) : (
              traitText(card.traits[name], card.trait_types[name])
            )}
          </dd>,
        ])}
      </dl>
      {isHistory && <EditsDialog id={card.id} onClose={() => setHistory(false)} />}
      {isAdding && (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            const form = new FormData(event.currentTarget)
            const name = String(form.get('name')).trim()
            if (name) save.mutate({ name, value: parseTrait(String(form.get('value')), undefined) })
          }}
        >
          <Group gap={6} mt={8} wrap="nowrap">
            <TextInput name="name" aria-label={t`Name of the trait`} placeholder={t`name`} autoFocus />
            <TextInput name="value" aria-label={t`Value of the trait`} placeholder={t`value`} />
            <Button type="submit" variant="default" loading={save.isPending}>
              <Trans>Add</Trans>
            </Button>
          </Group>
        </form>
      )}
    </Panel>
  )
}

function rawText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
