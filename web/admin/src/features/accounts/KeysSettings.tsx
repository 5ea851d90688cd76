export function KeysSettings() { return null }
