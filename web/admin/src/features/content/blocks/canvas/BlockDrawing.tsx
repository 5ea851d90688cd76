import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconPhoto } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { CSSProperties } from 'react'

import { meQuery } from '../../../../lib/api/endpoints/accounts'
import { useNow } from '../../../../lib/hooks/useNow'
import type { Align, Block, BlockOf } from '../core/document'
import { fillRow } from '../core/fill'
import { FONTS } from '../core/look'
import { NETWORKS } from '../core/words'
import css from './Canvas.module.css'
import { useDrawing } from './DrawingContext'
import { HEADING_SIZES } from './measures'
import { ProductsDrawing } from './ProductsDrawing'
import { Rich, WithVariables } from './Rich'
import { RowDrawing } from './RowDrawing'

const JUSTIFY: Record<Align, CSSProperties['justifyContent']> = { left: 'flex-start', center: 'center', right: 'flex-end' }

/** A block close to what the server makes of it. Nothing in it can be pressed. */
export function BlockDrawing({ block }: { block: Block }) {
  const { t, i18n } = useLingui()
  const { theme, brand, isDark } = useDrawing()
  const { data: me } = useQuery({ ...meQuery, enabled: false })
  const small = Math.round(theme.font_size * 0.9375)
  const text: CSSProperties = {
    fontFamily: FONTS[theme.font],
    fontSize: theme.font_size,
    lineHeight: 1.55,
    color: theme.text_color,
  }
  switch (block.kind) {
    case 'text':
      return (
        <div style={{ ...text, textAlign: block.align ?? 'left' }}>
          <Rich html={block.html} linkColor={theme.link_color} />
        </div>
      )
    case 'heading':
      return (
        <div
          style={{
            ...text,
            color: theme.heading_color,
            fontSize: Math.round(theme.font_size * HEADING_SIZES[block.level ?? 1]),
            lineHeight: 1.3,
            fontWeight: 700,
            textAlign: block.align ?? 'left',
          }}
        >
          <WithVariables text={block.text || t`Empty heading`} />
        </div>
      )
    case 'button':
      return (
        <div style={{ ...text, display: 'flex', justifyContent: JUSTIFY[block.align ?? 'left'] }}>
          <span
            style={{
              background: block.background ?? theme.button_background,
              color: block.color ?? theme.button_color,
              borderRadius: theme.button_radius,
              padding: '12px 24px',
              fontWeight: 600,
              lineHeight: '20px',
              textAlign: 'center',
              width: block.wide ? '100%' : undefined,
            }}
          >
            <WithVariables text={block.text || t`Empty button`} />
          </span>
        </div>
      )
    case 'image':
      return <ImageDrawing block={block} />
    case 'divider':
      return (
        <div
          style={{
            borderTop: `${block.thickness ?? 1}px solid ${block.color ?? (isDark ? '#6b7280' : '#d7dbe0')}`,
          }}
        />
      )
    case 'spacer':
      return <div className={css.spacer} style={{ height: block.height }} />
    case 'logo':
      return (
        <div style={{ ...text, display: 'flex', justifyContent: JUSTIFY[block.align ?? 'left'] }}>
          {brand?.logo?.src ? (
            <img src={brand.logo.src} alt={brand.logo.alt} style={{ width: block.width ?? 120, maxWidth: '100%' }} />
          ) : (
            <strong style={{ color: theme.heading_color, fontSize: Math.round(theme.font_size * 1.125) }}>
              {me?.workspace.name}
            </strong>
          )}
        </div>
      )
    case 'social': {
      const links = block.links.length ? block.links : (brand?.social ?? [])
      return (
        <div className={css.links} style={{ ...text, fontSize: small, fontWeight: 600, color: theme.muted_color, justifyContent: JUSTIFY[block.align ?? 'center'] }}>
          {links.length === 0 && <Trans>The links of the brand kit</Trans>}
          {links.map(({ network }, index) => (
            <span key={index}>{i18n._(NETWORKS[network])}</span>
          ))}
        </div>
      )
    }
    case 'menu':
      return (
        <div className={css.links} style={{ ...text, fontSize: small, fontWeight: 600, justifyContent: JUSTIFY[block.align ?? 'center'] }}>
          {block.items.map((item, index) => (
            <span key={index}>
              <WithVariables text={item.text || '…'} />
            </span>
          ))}
        </div>
      )
    case 'products':
      return <ProductsDrawing block={block} />
    case 'quote':
      return (
        <div style={{ ...text, borderLeft: `3px solid ${theme.link_color}`, padding: '4px 0 4px 16px' }}>
          <div style={{ fontStyle: 'italic' }}>
            <WithVariables text={block.text || t`Empty quote`} />
          </div>
          {(block.author || block.role) && (
            <div style={{ color: theme.muted_color, fontSize: Math.round(theme.font_size * 0.875), marginTop: 8 }}>
              <WithVariables text={[block.author, block.role].filter(Boolean).join(', ')} />
            </div>
          )}
        </div>
      )
    case 'countdown':
      return (
        <div style={{ ...text, textAlign: block.align ?? 'center', fontSize: Math.round(theme.font_size * 1.375), fontWeight: 700, color: theme.heading_color }}>
          <Countdown block={block} />
        </div>
      )
    case 'html':
      return (
        <div className={css.code}>
          <span>HTML</span>
          <pre>{block.source.trim().split('\n').slice(0, 8).join('\n')}</pre>
        </div>
      )
    case 'footer':
      return (
        <div style={{ ...text, color: theme.muted_color, fontSize: Math.round(theme.font_size * 0.8125), textAlign: block.align ?? 'center' }}>
          {block.note && (
            <div style={{ whiteSpace: 'pre-line' }}>
              <WithVariables text={block.note} />
            </div>
          )}
          <div>{[brand?.footer.company || me?.workspace.name, brand?.footer.address].filter(Boolean).join(' · ')}</div>
          {brand?.footer.note && <div style={{ whiteSpace: 'pre-line' }}>{brand.footer.note}</div>}
          <span style={{ textDecoration: 'underline' }}>{block.unsubscribe_text || t`Unsubscribe`}</span>
          {block.preferences_text && (
            <>
              {' · '}
              <span style={{ textDecoration: 'underline' }}>{block.preferences_text}</span>
            </>
          )}
        </div>
      )
    case 'saved':
      return <SavedDrawing block={block} />
  }
}

function ImageDrawing({ block }: { block: BlockOf<'image'> }) {
  const isVariable = block.src.includes('{{')
  return (
    <div style={{ display: 'flex', justifyContent: JUSTIFY[block.align ?? 'left'] }}>
      {block.src && !isVariable ? (
        <img src={block.src} alt={block.alt} style={{ width: block.width ?? '100%', maxWidth: '100%', display: 'block' }} />
      ) : (
        <div className={css.picture} style={{ width: block.width ?? '100%' }}>
          <IconPhoto size={28} aria-hidden />
          {isVariable ? <WithVariables text={block.src} /> : <Trans>Choose a picture</Trans>}
        </div>
      )}
    </div>
  )
}

const HOUR_MS = 3_600_000

function Countdown({ block }: { block: BlockOf<'countdown'> }) {
  const now = useNow()
  const until = Date.parse(block.until)
  if (Number.isNaN(until)) return <WithVariables text={`{{ ${block.until || '…'} }}`} />
  const hours = Math.ceil((until - now.getTime()) / HOUR_MS)
  if (hours <= 0) return <WithVariables text={block.done_text || '…'} />
  return block.units === 'hours' ? (
    <Plural value={hours} one="# hour left" other="# hours left" />
  ) : (
    <Plural value={Math.ceil(hours / 24)} one="# day left" other="# days left" />
  )
}

function SavedDrawing({ block }: { block: BlockOf<'saved'> }) {
  const { saved } = useDrawing()
  const found = saved.find((one) => one.id === block.block_id)
  if (!found) {
    return (
      <div className={css.picture}>
        <Trans>This saved block is no more.</Trans>
      </div>
    )
  }
  return <RowDrawing row={fillRow(found.row)} />
}
