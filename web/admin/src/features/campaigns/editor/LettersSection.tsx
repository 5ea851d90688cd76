import { ActionIcon, Button, NumberInput, Select, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { armColor } from '../../../components/arms'
import { Panel } from '../../../components/Page'
import { letterChoicesQuery } from '../../../lib/api/endpoints/content'
import type { Variant } from '../../../lib/api/types'
import { addVariant, removeVariant, VARIANTS_MAX, withShare } from './draft'
import css from './Editor.module.css'
import type { LetterTest, SectionProps } from './MailingEditor'
import { VariantLetter } from './VariantLetter'

export function LettersSection({ draft, change, isReadOnly, letterTest }: SectionProps & { letterTest: LetterTest }) {
  const { t } = useLingui()
  const letters = useQuery(letterChoicesQuery)
  const { variants } = draft
  const replace = (next: Variant) =>
    change({ variants: variants.map((variant) => (variant.key === next.key ? next : variant)) })

  return (
    <Panel
      id="letter"
      title={t`Letters`}
      hint={
        variants.length === 1
          ? t`One letter for everybody. A second variant makes it a comparison.`
          : t`People are split at random; nobody gets two variants.`
      }
      actions={
        !isReadOnly && (
          <Button
            component={AppLink}
            href="/letters/new"
            variant={letters.data?.length === 0 ? 'light' : 'subtle'}
            size="compact-sm"
          >
            <Trans context="button">Write a letter</Trans>
          </Button>
        )
      }
    >
      <Stack gap={8}>
        {variants.map((variant) => (
          <div className={css.variant} key={variant.key}>
            <span className={css.badge} style={{ background: `var(${armColor(variant.key)})` }}>
              {variant.key}
            </span>
            <TextInput
              aria-label={t`Variant ${variant.key}: name`}
              placeholder={t`What is special about it`}
              disabled={isReadOnly}
              value={variant.name}
              onChange={(event) => replace({ ...variant, name: event.currentTarget.value })}
            />
            {/* The field has a hidden twin, which is no column of the row. */}
            <div>
              <Select
                aria-label={t`Variant ${variant.key}: letter`}
                placeholder={t`Choose a letter`}
                searchable
                nothingFoundMessage={t`No such letter`}
                disabled={isReadOnly}
                data={(letters.data ?? []).map((letter) => ({ value: letter.id, label: letter.name }))}
                value={variant.letter_id}
                onChange={(letter_id) => replace({ ...variant, letter_id })}
              />
            </div>
            <NumberInput
              aria-label={t`Variant ${variant.key}: share, per cent`}
              suffix=" %"
              min={1}
              max={100}
              allowDecimal={false}
              disabled={isReadOnly || variants.length === 1}
              value={variant.share}
              onChange={(share) =>
                typeof share === 'number' &&
                share !== variant.share &&
                change({ variants: withShare(variants, variant.key, share) })
              }
            />
            {variants.length > 1 && !isReadOnly ? (
              <ActionIcon
                size={32}
                aria-label={t`Remove the variant ${variant.key}`}
                onClick={() => change({ variants: removeVariant(variants, variant.key) })}
              >
                <IconX size={16} />
              </ActionIcon>
            ) : (
              <span />
            )}
            {variant.letter_id && (
              <VariantLetter
                variant={variant.key}
                letterId={variant.letter_id}
                segmentId={draft.audience.segment_ids[0] ?? null}
                letterTest={letterTest}
              />
            )}
          </div>
        ))}
        {variants.length < VARIANTS_MAX && !isReadOnly && (
          <div>
            <Button
              variant="subtle"
              size="compact-sm"
              leftSection={<IconPlus size={14} />}
              onClick={() => change({ variants: addVariant(variants) })}
            >
              <Trans>Add a variant</Trans>
            </Button>
          </div>
        )}
      </Stack>
    </Panel>
  )
}
