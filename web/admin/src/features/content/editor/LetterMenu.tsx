import { ActionIcon, Menu } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconCode, IconCopy, IconDots, IconListCheck, IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'

import { notifyError, notifyUndo } from '../../../components/notify'
import { useErrorText } from '../../../components/States'
import { convertLetter, createLetter, deleteLetter } from '../../../lib/api/endpoints/content'
import type { Letter, LetterInput } from '../../../lib/api/types'

interface LetterMenuProps {
  letter: Letter
  draft: LetterInput
  /** Saves what is not saved yet, and tells whether it could. */
  flush: () => Promise<boolean>
  onCheck: () => void
}

const INTO = { blocks: ['mjml', 'html'], mjml: ['html'], html: [] } as const

export function LetterMenu({ letter, draft, flush, onCheck }: LetterMenuProps) {
  const { t } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const errorText = useErrorText()
  const open = (made: Letter) => {
    void client.invalidateQueries({ queryKey: ['letters'] })
    router.history.push(`/letters/${made.id}`)
  }
  const copy = useMutation({
    mutationFn: () => createLetter({ ...draft, name: t`${draft.name} (copy)` }),
    onSuccess: open,
    onError: (error) => notifyError(errorText(error)),
  })
  const convert = useMutation({
    mutationFn: async (into: 'mjml' | 'html') => {
      // Of what could not be saved the page says so itself.
      return (await flush()) ? convertLetter(letter.id, into) : null
    },
    onSuccess: (made) => made && open(made),
    onError: (error) => notifyError(errorText(error)),
  })
  const remove = useMutation({
    mutationFn: () => deleteLetter(letter.id),
    onSuccess: () => {
      router.history.push('/letters')
      void client.invalidateQueries({ queryKey: ['letters'] })
      notifyUndo(t`“${draft.name}” is deleted`, () => void createLetter(draft).then(open))
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const isUsed = letter.used_by.some((use) => use.state !== 'over')
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon size={32} aria-label={t`More actions`}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => copy.mutate()}>
          <Trans>Duplicate</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<IconListCheck size={16} />} onClick={onCheck}>
          <Trans>Check links and gaps</Trans>
        </Menu.Item>
        {INTO[letter.kind].length > 0 && (
          <>
            <Menu.Divider />
            <Menu.Label maw={280}>
              <Trans>A new letter in code is made; this one stays. Code cannot become blocks again.</Trans>
            </Menu.Label>
            {INTO[letter.kind].map((into) => (
              <Menu.Item key={into} leftSection={<IconCode size={16} />} onClick={() => convert.mutate(into)}>
                <Trans>Convert to {into.toUpperCase()}</Trans>
              </Menu.Item>
            ))}
            <Menu.Divider />
          </>
        )}
        <Menu.Item
          color="red"
          leftSection={<IconTrash size={16} />}
          disabled={isUsed}
          onClick={() => remove.mutate()}
        >
          {isUsed ? t`In use, cannot be deleted` : t`Delete`}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
