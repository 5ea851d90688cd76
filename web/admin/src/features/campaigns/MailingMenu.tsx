import { ActionIcon, Menu } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconCopy, IconDots, IconTemplate, IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'

import { notifyError } from '../../components/notify'
import { useErrorText } from '../../components/States'
import { duplicateCampaign } from '../../lib/api/endpoints/campaigns'
import type { Campaign } from '../../lib/api/types'
import { SaveTemplateDialog } from './templates/SaveTemplateDialog'

interface MailingMenuProps {
  campaign: Pick<Campaign, 'id' | 'name'>
  label: string
  size?: number
  /** Before it is read from the server: a draft that saves itself, and tells whether it could. */
  flush?: () => Promise<boolean>
  onDelete?: (() => void) | undefined
}

/** What is done with a mailing as a whole. */
export function MailingMenu({ campaign, label, size, flush, onDelete }: MailingMenuProps) {
  const { t } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const errorText = useErrorText()
  const [saving, { open, close }] = useDisclosure(false)
  const copy = useMutation({
    mutationFn: async () => {
      // Of what could not be saved the page says so itself.
      return flush && !(await flush()) ? null : duplicateCampaign(campaign.id)
    },
    onSuccess: (made) => {
      if (!made) return
      void client.invalidateQueries({ queryKey: ['campaigns', 'list'] })
      router.history.push(`/mailings/${made.id}`)
    },
    onError: (error) => notifyError(errorText(error)),
  })
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon {...(size && { size })} aria-label={label}>
            <IconDots size={size ? 18 : 16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => copy.mutate()}>
            <Trans>Duplicate</Trans>
          </Menu.Item>
          <Menu.Item
            leftSection={<IconTemplate size={16} />}
            onClick={() => void (flush ? flush() : Promise.resolve(true)).then((saved) => saved && open())}
          >
            <Trans>Save as a template</Trans>
          </Menu.Item>
          {onDelete && (
            <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={onDelete}>
              <Trans>Delete</Trans>
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {saving && (
        <SaveTemplateDialog campaignId={campaign.id} name={campaign.name || t`Untitled`} onClose={close} />
      )}
    </>
  )
}
