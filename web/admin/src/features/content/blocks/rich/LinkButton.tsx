import { ActionIcon, Button, Group, Popover, Stack, TextInput, Tooltip } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconLink } from '@tabler/icons-react'
import { type Editor, useEditorState } from '@tiptap/react'
import { type FormEvent, useState } from 'react'

import { isAllowedHref } from '../core/richHtml'

/** An address as people type it: a bare domain is one of the web, a mailbox one of mail. */
export function hrefOf(typed: string): string {
  const text = typed.trim()
  if (!text || isAllowedHref(text)) return text
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(text)) return `mailto:${text}`
  return /^[\w-]+(\.[\w-]+)+([/?#].*)?$/u.test(text) ? `https://${text}` : text
}

export function LinkButton({ editor }: { editor: Editor }) {
  const { t } = useLingui()
  const [isOpen, setOpen] = useState(false)
  const [href, setHref] = useState('')
  const [isTried, setTried] = useState(false)
  const isLink = useEditorState({ editor, selector: ({ editor: now }) => now.isActive('link') })
  const address = hrefOf(href)
  const isWrong = !isAllowedHref(address)
  const open = () => {
    setHref((editor.getAttributes('link').href as string | undefined) ?? '')
    setTried(false)
    setOpen(!isOpen)
  }
  const set = (event: FormEvent) => {
    event.preventDefault()
    event.stopPropagation()
    setTried(true)
    if (isWrong) return
    const chain = editor.chain().focus().extendMarkRange('link')
    if (editor.state.selection.empty && !isLink) chain.insertContent({ type: 'text', text: address, marks: [{ type: 'link', attrs: { href: address } }] }).run()
    else chain.setLink({ href: address }).run()
    setOpen(false)
  }
  const remove = () => {
    editor.chain().focus().extendMarkRange('link').unsetLink().run()
    setOpen(false)
  }
  return (
    <Popover opened={isOpen} onChange={setOpen} trapFocus returnFocus shadow="md" width={320}>
      <Popover.Target>
        <Tooltip label={t`Link`}>
          <ActionIcon size={28} variant={isLink ? 'light' : 'subtle'} aria-label={t`Link`} aria-pressed={isLink} onClick={open}>
            <IconLink size={16} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={set}>
          <Stack gap={8}>
            <TextInput
              label={t`Address of the link`}
              placeholder="https://"
              data-autofocus
              value={href}
              error={isTried && isWrong && t`An address begins with https://, mailto: or tel:, or is a variable.`}
              onChange={(event) => setHref(event.currentTarget.value)}
            />
            <Group gap={8} justify="flex-end">
              {isLink && (
                <Button variant="subtle" color="red" onClick={remove}>
                  <Trans>Remove the link</Trans>
                </Button>
              )}
              <Button type="submit">
                <Trans>Set</Trans>
              </Button>
            </Group>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  )
}
