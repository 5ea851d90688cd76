export function SendersSettings() { return null }
