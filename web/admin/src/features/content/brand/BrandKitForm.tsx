import { Button, Fieldset, Stack, Textarea, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPhoto } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'

import { Panel } from '../../../components/Page'
import { SaveState } from '../../../components/SaveState'
import { ErrorNote } from '../../../components/States'
import { brandKitQuery, setBrandKit } from '../../../lib/api/endpoints/blocks'
import type { BrandKit } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'
import { useAutosave } from '../../../lib/hooks/useAutosave'
import type { Style } from '../blocks/core/document'
import { DEFAULT_THEME } from '../blocks/core/look'
import { SocialLinks } from '../blocks/settings/LinksFields'
import { StyleFields } from '../blocks/settings/StyleFields'
import css from './Brand.module.css'
import { BrandSample } from './BrandSample'

const MediaLibrary = lazy(() => import('../media/MediaLibrary'))

export function BrandKitForm({ first }: { first: BrandKit }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const [kit, setKit] = useState(first)
  const [isChoosing, { open, close }] = useDisclosure(false)
  const saving = useAutosave<BrandKit>(async (whole) => {
    client.setQueryData(brandKitQuery.queryKey, await setBrandKit(whole))
    void client.invalidateQueries({ queryKey: ['letters', 'preview'] })
  })
  const change = (patch: Partial<BrandKit>) => {
    const next = { ...kit, ...patch }
    setKit(next)
    saving.change(next)
  }
  const changeStyle = (patch: Partial<Style>) => {
    const style = { ...kit.style, ...patch } as BrandKit['style']
    change({ style })
  }
  const { logo, footer } = kit
  const logoPart = (patch: Partial<NonNullable<BrandKit['logo']>>) => {
    const next = { src: '', alt: '', href: '', ...logo, ...patch }
    change({ logo: next.src ? next : null })
  }
  return (
    <Stack gap={16}>
      <Panel
        title={t`Brand kit`}
        hint={<Trans>All letters of blocks follow it, drafts at once. A running mailing keeps what it began with.</Trans>}
        actions={<SaveState state={saving.state} />}
      >
        {saving.state === 'failed' && <ErrorNote error={saving.error} retry={() => void saving.flush()} />}
        <div className={css.columns}>
          <Fieldset variant="unstyled" disabled={!may('edit')}>
            <Stack gap={20}>
              <section aria-label={t`Colours and type`}>
                <h3>
                  <Trans>Colours and type</Trans>
                </h3>
                <StyleFields value={kit.style} inherited={DEFAULT_THEME} onChange={changeStyle} />
              </section>
              <section aria-label={t`Logo`}>
                <h3>
                  <Trans>Logo</Trans>
                </h3>
                <Stack gap={10}>
                  <Button variant="default" leftSection={<IconPhoto size={16} />} onClick={open}>
                    <Trans>Choose from the library</Trans>
                  </Button>
                  <TextInput
                    label={t`Address of the picture`}
                    placeholder="https://"
                    value={logo?.src ?? ''}
                    onChange={(event) => logoPart({ src: event.currentTarget.value })}
                  />
                  <TextInput
                    label={t`What the picture shows`}
                    disabled={!logo}
                    value={logo?.alt ?? ''}
                    onChange={(event) => logoPart({ alt: event.currentTarget.value })}
                  />
                  <TextInput
                    label={t`Address that it leads to`}
                    placeholder="https://"
                    disabled={!logo}
                    value={logo?.href ?? ''}
                    onChange={(event) => logoPart({ href: event.currentTarget.value })}
                  />
                </Stack>
              </section>
              <section aria-label={t`Social links`}>
                <h3>
                  <Trans>Social links</Trans>
                </h3>
                <Stack gap={10}>
                  <SocialLinks value={kit.social} onChange={(social) => change({ social: social as BrandKit['social'] })} />
                </Stack>
              </section>
              <section aria-label={t`Footer`}>
                <h3>
                  <Trans>Footer</Trans>
                </h3>
                <Stack gap={10}>
                  <TextInput
                    label={t`Company`}
                    maxLength={300}
                    value={footer.company}
                    onChange={(event) => change({ footer: { ...footer, company: event.currentTarget.value } })}
                  />
                  <TextInput
                    label={t`Postal address`}
                    maxLength={300}
                    value={footer.address}
                    onChange={(event) => change({ footer: { ...footer, address: event.currentTarget.value } })}
                  />
                  <Textarea
                    label={t`Note`}
                    placeholder={t`Registration number, licence, hours of work`}
                    autosize
                    minRows={2}
                    maxLength={2000}
                    value={footer.note}
                    onChange={(event) => change({ footer: { ...footer, note: event.currentTarget.value } })}
                  />
                </Stack>
              </section>
            </Stack>
          </Fieldset>
          <BrandSample kit={kit} />
        </div>
      </Panel>
      {isChoosing && (
        <Suspense>
          <MediaLibrary
            onClose={close}
            onChoose={({ src, alt }) => {
              logoPart({ src, alt })
              close()
            }}
          />
        </Suspense>
      )}
    </Stack>
  )
}
