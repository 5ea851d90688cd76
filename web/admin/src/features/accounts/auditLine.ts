/** What a line of the audit log says, before it is put into words. Pure. */

const SUBJECTS =
  /^(segment|letter|campaign|topic|profile|import|key|user|sender|workspace|computed_trait|order_field|order_status)_/

/** "segment_created" and "topic.created" are both "created": the object stands in its own column. */
export function verbOf(action: string): string {
  return (action.split('.').at(-1) ?? action).replace(SUBJECTS, '')
}

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/

/** Details that tell a person something: neither what is empty nor ids that nobody can read. */
export function detailsOf(detail: Record<string, unknown>): [string, unknown][] {
  return Object.entries(detail).filter(
    ([, value]) =>
      value !== null &&
      value !== '' &&
      !(Array.isArray(value) && value.length === 0) &&
      !(typeof value === 'string' && UUID.test(value)),
  )
}
