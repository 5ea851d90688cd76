import { Button, Group, Modal, Radio, Stack, Table } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { notifyUndo } from '../../../components/notify'
import { usePersonName } from '../../../components/personName'
import { ErrorNote } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { mergeProfiles, undoMerge } from '../../../lib/api/endpoints/profiles'
import type { DuplicatePair } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { useTraitText } from '../traits'
import css from './Duplicates.module.css'
import { useEvidenceWords } from './words'

type Side = 'left' | 'right'

/** Both side by side; who stays, and which value where they differ, is chosen here. */
export function CompareDialog({ pair, onClose }: { pair: DuplicatePair; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const personName = usePersonName()
  const traitText = useTraitText()
  const format = useFormat()
  const words = useEvidenceWords()
  const [stays, setStays] = useState<Side>(!pair.left.user_id && pair.right.user_id ? 'right' : 'left')
  const [chosen, setChosen] = useState<Record<string, Side>>({})
  const sides = { left: pair.left, right: pair.right }
  const names = [...new Set([...Object.keys(pair.left.traits), ...Object.keys(pair.right.traits)])].sort((a, b) =>
    a.localeCompare(b),
  )
  const differs = (name: string) =>
    JSON.stringify(pair.left.traits[name]) !== JSON.stringify(pair.right.traits[name]) &&
    name in pair.left.traits &&
    name in pair.right.traits
  const into = sides[stays]
  const from = sides[stays === 'left' ? 'right' : 'left']
  const refresh = () => {
    void client.invalidateQueries({ queryKey: ['duplicates'] })
    void client.invalidateQueries({ queryKey: ['profiles'] })
  }
  const merge = useMutation({
    mutationFn: () => {
      const traits = Object.fromEntries(
        Object.entries(chosen).map(([name, side]) => [name, sides[side].traits[name]]),
      )
      return mergeProfiles(into.id, from.id, Object.keys(traits).length ? traits : null)
    },
    onSuccess: (made) => {
      refresh()
      onClose()
      notifyUndo(t`The customers are merged`, () => {
        void undoMerge(into.id, made.id).then(refresh)
      })
    },
  })
  const facts: [string, (person: DuplicatePair['left']) => React.ReactNode][] = [
    [t`E-mail`, (person) => person.email ?? NOTHING],
    [t`Phone`, (person) => person.phone ?? NOTHING],
    [t`User id`, (person) => person.user_id ?? NOTHING],
    [t`First seen`, (person) => <Ago key="first" at={person.first_seen} />],
    [t`Last seen`, (person) => <Ago key="last" at={person.last_seen} />],
  ]
  return (
    <Modal
      opened
      size="xl"
      onClose={onClose}
      title={t`Is this one person?`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <Stack gap={16}>
        <Table.ScrollContainer minWidth={480}>
          <Table verticalSpacing={6} layout="fixed">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>
                  <Trans>Stays</Trans>
                </Table.Th>
                {(['left', 'right'] as const).map((side) => (
                  <Table.Th key={side}>
                    <Radio
                      name="stays"
                      checked={stays === side}
                      onChange={() => setStays(side)}
                      label={<bdi>{`${personName(sides[side])} #${sides[side].id}`}</bdi>}
                    />
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {facts.map(([label, value]) => (
                <Table.Tr key={label}>
                  <Table.Th scope="row">{label}</Table.Th>
                  <Table.Td className={css.value}>{value(pair.left)}</Table.Td>
                  <Table.Td className={css.value}>{value(pair.right)}</Table.Td>
                </Table.Tr>
              ))}
              {names.map((name) => (
                <Table.Tr key={name} data-differs={differs(name) || undefined}>
                  <Table.Th scope="row" className={css.value}>
                    {name}
                  </Table.Th>
                  {(['left', 'right'] as const).map((side) => (
                    <Table.Td key={side} className={css.value}>
                      {differs(name) ? (
                        <Radio
                          name={`trait-${name}`}
                          checked={chosen[name] === side}
                          onChange={() => setChosen({ ...chosen, [name]: side })}
                          label={<bdi>{traitText(sides[side].traits[name])}</bdi>}
                        />
                      ) : (
                        <bdi>{traitText(sides[side].traits[name])}</bdi>
                      )}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        <div>
          <div className={css.label}>
            <Trans>What speaks for it and against it</Trans>
          </div>
          <ul className={css.evidence}>
            {pair.evidence.map((one) => (
              <li key={one.field} data-sign={one.bits > 0.5 ? 'for' : one.bits < -0.5 ? 'against' : undefined}>
                <span>{words.field(one)}</span>
                <span>{words.level(one)}</span>
                <span className="tnum">{one.level === 'missing' ? NOTHING : format.signed(Math.round(one.bits * 10) / 10)}</span>
              </li>
            ))}
          </ul>
          <div className={css.dim}>
            <Trans>Ten bits: a thousand times likelier for one person than for two. Rare values weigh more.</Trans>
          </div>
        </div>
        <div className={css.dim}>
          <Trans>Where nothing is chosen the later value holds. Of consents the stricter one stays.</Trans>
        </div>
        {merge.error && <ErrorNote error={merge.error} />}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button loading={merge.isPending} onClick={() => merge.mutate()}>
            <Trans>Merge</Trans>
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
