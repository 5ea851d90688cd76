import { Kbd, Loader, Modal, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconSearch } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'

import { campaignsQuery } from '../lib/api/endpoints/campaigns'
import { letterChoicesQuery } from '../lib/api/endpoints/content'
import { profilesQuery } from '../lib/api/endpoints/profiles'
import { segmentChoicesQuery } from '../lib/api/endpoints/segments'
import { meQuery } from '../lib/api/endpoints/accounts'
import { useAccess } from '../lib/hooks/useAccess'
import css from './CommandPalette.module.css'
import { NAVIGATION } from './sections'
import { SETTINGS_PAGES } from './settingsPages'

interface Command {
  id: string
  group: string
  label: string
  detail?: string
  href: string
}

const PER_GROUP = 6

/** One field that finds any customer, segment, mailing, letter or setting, and starts actions. */
export default function CommandPalette({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useLingui()
  const router = useRouter()
  const [text, setText] = useState('')
  const [active, setActive] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const { commands, loading } = useCommands(text)

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [active])

  const run = (command: Command | undefined) => {
    if (!command) return
    onClose()
    router.history.push(command.href)
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setActive((index) => Math.min(commands.length - 1, index + 1))
    else if (event.key === 'ArrowUp') setActive((index) => Math.max(0, index - 1))
    else if (event.key === 'Enter') run(commands[active])
    else return
    event.preventDefault()
  }

  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      size={600}
      padding={0}
      centered={false}
      yOffset="12vh"
      transitionProps={{ duration: 80 }}
    >
      <Modal.Overlay backgroundOpacity={0.35} />
      <Modal.Content aria-label={t`Find or do`}>
        <TextInput
          data-autofocus
          className={css.input}
          variant="unstyled"
          size="md"
          px={12}
          role="combobox"
          aria-expanded
          aria-controls="command-list"
          aria-activedescendant={commands[active] ? `command-${commands[active].id}` : undefined}
          aria-label={t`Find or do`}
          placeholder={t`A customer, a segment, a mailing, a setting…`}
          leftSection={<IconSearch size={18} aria-hidden />}
          rightSection={loading && <Loader size={16} />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            setActive(0)
          }}
          onKeyDown={onKey}
        />
        <div className={css.list} ref={list} id="command-list" role="listbox" aria-label={t`Found`}>
          {commands.map((command, index) => (
            <div key={command.id}>
              {command.group !== commands[index - 1]?.group && (
                <div className={css.group} role="presentation">
                  {command.group}
                </div>
              )}
              <div
                id={`command-${command.id}`}
                role="option"
                aria-selected={index === active}
                className={css.item}
                onMouseMove={() => setActive(index)}
                onClick={() => run(command)}
              >
                <span>{command.label}</span>
                {command.detail && <span className={css.detail}>{command.detail}</span>}
              </div>
            </div>
          ))}
          {commands.length === 0 && !loading && (
            <div className={css.none}>
              <Trans>Nothing found. Try a part of a name, an address or a phone number.</Trans>
            </div>
          )}
        </div>
        <div className={css.foot}>
          <span>
            <Kbd size="xs">↑</Kbd> <Kbd size="xs">↓</Kbd> <Trans>choose</Trans>
          </span>
          <span>
            <Kbd size="xs">Enter</Kbd> <Trans>open</Trans>
          </span>
          <span>
            <Kbd size="xs">Esc</Kbd> <Trans>close</Trans>
          </span>
        </div>
      </Modal.Content>
    </Modal.Root>
  )
}

function useCommands(text: string): { commands: Command[]; loading: boolean } {
  const { t, i18n } = useLingui()
  const may = useAccess()
  const { data: me } = useQuery({ ...meQuery, enabled: false })
  const [search] = useDebouncedValue(text.trim(), 200)
  const asks = search.length >= 2
  const people = useInfiniteQuery({ ...profilesQuery({ search }), enabled: asks })
  const segments = useQuery(segmentChoicesQuery)
  const letters = useQuery(letterChoicesQuery)
  const campaigns = useInfiniteQuery(campaignsQuery({}))

  const commands = useMemo(() => {
    const words = text.trim().toLowerCase()
    const fits = (label: string) => label.toLowerCase().includes(words)
    const actions: Command[] = may('edit')
      ? [
          { id: 'new-mailing', group: t`Actions`, label: t`New mailing`, href: '/mailings/new' },
          { id: 'new-segment', group: t`Actions`, label: t`New segment`, href: '/segments/new' },
          { id: 'new-letter', group: t`Actions`, label: t`New letter`, href: '/letters/new' },
          { id: 'new-import', group: t`Actions`, label: t`Import a file`, href: '/imports/new' },
        ]
      : []
    const sections = NAVIGATION.flatMap((group) => group.sections)
      .filter((section) => !section.development || me?.development)
      .map((section) => ({
        id: section.href.slice(1) || 'home',
        group: t`Sections`,
        label: i18n._(section.label),
        href: section.href,
      }))
    const settings: Command[] = SETTINGS_PAGES.filter((page) => !page.needs || may(page.needs)).map(
      (page) => ({ id: page.href.slice(1), group: t`Settings`, label: i18n._(page.label), href: page.href }),
    )
    const found: Command[] = words
      ? [
          ...(asks ? (people.data?.pages[0]?.items ?? []) : []).slice(0, PER_GROUP).map((row) => ({
            id: `p${row.id}`,
            group: t`Customers`,
            label: row.name || row.email || row.phone || `#${row.id}`,
            detail: row.email ?? row.phone ?? '',
            href: `/customers/${row.id}`,
          })),
          ...(segments.data ?? [])
            .filter((row) => fits(row.name))
            .slice(0, PER_GROUP)
            .map((row) => ({
              id: row.id,
              group: t`Segments`,
              label: row.name,
              href: `/segments/${row.id}`,
            })),
          ...(campaigns.data?.pages[0]?.items ?? [])
            .filter((row) => fits(row.name))
            .slice(0, PER_GROUP)
            .map((row) => ({
              id: row.id,
              group: t`Mailings`,
              label: row.name,
              href: `/mailings/${row.id}`,
            })),
          ...(letters.data ?? [])
            .filter((row) => fits(row.name))
            .slice(0, PER_GROUP)
            .map((row) => ({
              id: row.id,
              group: t`Letters`,
              label: row.name,
              href: `/letters/${row.id}`,
            })),
        ]
      : []
    return [
      ...found,
      ...actions.filter((command) => fits(command.label)),
      ...sections.filter((command) => fits(command.label)),
      ...settings.filter((command) => fits(command.label)),
    ]
  }, [text, asks, people.data, segments.data, campaigns.data, letters.data, me, may, t, i18n])

  return { commands, loading: asks && people.isFetching }
}
