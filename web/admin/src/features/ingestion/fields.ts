/** A column's target as the server writes it ("trait:age:number") and as the form shows it. */

export type ValueType = 'text' | 'number' | 'date' | 'bool' | 'list'
const TYPES = new Set<string>(['text', 'number', 'date', 'bool', 'list'])

export interface Field {
  /** skip, a fixed field, or one that takes a name: trait, property, external. */
  kind: string
  name: string
  type: ValueType
}

export const NAMED = new Set(['trait', 'property', 'external'])

export function parseField(text: string): Field {
  const [kind = 'skip', ...rest] = text.split(':')
  if (!NAMED.has(kind)) return { kind, name: '', type: 'text' }
  const last = rest.at(-1) ?? ''
  const hasType = kind !== 'external' && rest.length > 1 && TYPES.has(last)
  return {
    kind,
    name: (hasType ? rest.slice(0, -1) : rest).join(':'),
    type: hasType ? (last as ValueType) : 'text',
  }
}

export function writeField({ kind, name, type }: Field): string {
  if (!NAMED.has(kind)) return kind
  return kind === 'external' || type === 'text' ? `${kind}:${name}` : `${kind}:${name}:${type}`
}

/** A name for a new field, made of a column's title. */
export function nameFrom(column: string): string {
  return column.trim().toLowerCase().replace(/\s+/g, '_').replace(/:/g, '_')
}
