import { ActionIcon, Button, Divider, Group, Popover, Stack, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconBookmark, IconCheck, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'

import { useMine } from '../lib/hooks/useMine'
import css from './SavedViews.module.css'

/** What a list shows: its filters, as they stand in the address, and its columns. */
export interface View {
  search: Record<string, string>
  columns: Record<string, boolean>
}

interface SavedView extends View {
  name: string
}

interface SavedViewsProps {
  /** Names the list in the browser's store. */
  storeKey: string
  current: View
  onOpen: (view: View) => void
}

/** Filters and columns kept by name, for the one who is signed in. */
export function SavedViews({ storeKey, current, onOpen }: SavedViewsProps) {
  const { t } = useLingui()
  const [views, setViews] = useMine<SavedView[]>(`views-${storeKey}`, [])
  const [opened, { toggle, close }] = useDisclosure(false)
  const [name, setName] = useState('')
  const active = views.find((view) => isSame(view, current))
  const save = () => {
    const kept = { name: name.trim(), search: current.search, columns: current.columns }
    setViews([...views.filter((view) => view.name !== kept.name), kept].sort((a, b) => a.name.localeCompare(b.name)))
    setName('')
    close()
  }
  return (
    <Popover
      opened={opened}
      onDismiss={close}
      position="bottom-start"
      shadow="md"
      width={280}
      trapFocus
      portalProps={{ target: '#main' }}
    >
      <Popover.Target>
        <Button variant="default" leftSection={<IconBookmark size={16} />} onClick={toggle}>
          {active ? active.name : <Trans>Views</Trans>}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={8} aria-label={t`Saved views`}>
        <Stack gap={8}>
          {views.length > 0 && (
            <>
              <ul className={css.list}>
                {views.map((view) => (
                  <li key={view.name}>
                    <button
                      type="button"
                      aria-current={view === active}
                      onClick={() => {
                        onOpen(view)
                        close()
                      }}
                    >
                      <IconCheck size={14} aria-hidden opacity={view === active ? 1 : 0} />
                      <span>{view.name}</span>
                    </button>
                    <ActionIcon
                      aria-label={t`Forget the view “${view.name}”`}
                      onClick={() => setViews(views.filter((one) => one !== view))}
                    >
                      <IconTrash size={14} />
                    </ActionIcon>
                  </li>
                ))}
              </ul>
              <Divider />
            </>
          )}
          <form
            onSubmit={(event) => {
              event.preventDefault()
              save()
            }}
          >
            <Group gap={8} wrap="nowrap" align="flex-end">
              <TextInput
                label={t`Save what is shown now`}
                placeholder={t`Name of the view`}
                data-autofocus
                maxLength={60}
                style={{ flex: 1 }}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <Button type="submit" disabled={!name.trim()}>
                <Trans>Save</Trans>
              </Button>
            </Group>
          </form>
          <p className={css.hint}>
            <Trans>Filters and columns are kept in this browser, for you alone.</Trans>
          </p>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

const isSame = (a: View, b: View) => text(a.search) === text(b.search) && text(a.columns) === text(b.columns)
const text = (fields: Record<string, unknown>) =>
  JSON.stringify(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
