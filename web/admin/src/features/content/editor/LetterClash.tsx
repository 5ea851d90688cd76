import { Button, Group } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'

import { notifyError } from '../../../components/notify'
import { Note, useErrorText } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { createLetter } from '../../../lib/api/endpoints/content'
import type { LetterDraft } from './useLetterDraft'

/** Two wrote at one letter: nothing of either is lost, and a person decides. */
export function LetterClash({ draft: { clash, draft, takeTheirs, keepMine, saving } }: { draft: LetterDraft }) {
  const { t } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const errorText = useErrorText()
  const part = useMutation({
    mutationFn: () => createLetter({ ...draft, name: t`${draft.name} (my version)` }),
    onSuccess: (made) => {
      saving.drop()
      void client.invalidateQueries({ queryKey: ['letters'] })
      router.history.push(`/letters/${made.id}`)
    },
    onError: (error) => notifyError(errorText(error)),
  })
  if (!clash) return null
  return (
    <div style={{ marginBottom: 12 }}>
      <Note level="error">
        <Trans>
          This letter was saved in another window or by a colleague <Ago at={clash.updated_at} />. Your changes are
          not saved yet.
        </Trans>
        <Group gap={8} mt={8}>
          <Button size="compact-sm" loading={part.isPending} onClick={() => part.mutate()}>
            <Trans>Save mine as another letter</Trans>
          </Button>
          <Button size="compact-sm" variant="default" onClick={takeTheirs}>
            <Trans>Show what was saved</Trans>
          </Button>
          <Button size="compact-sm" variant="default" color="red" onClick={keepMine}>
            <Trans>Replace it with mine</Trans>
          </Button>
        </Group>
      </Note>
    </div>
  )
}
