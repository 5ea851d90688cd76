import { PersonDataPanel } from '../features/privacy/PersonDataPanel'
import { CustomerCardPage } from '../features/profiles/CustomerPage'

/** The card of a customer is made of two parts of the product that do not know each other. */
export function CustomerPage() {
  return <CustomerCardPage personalData={(id) => <PersonDataPanel id={id} />} />
}
