export function UsersSettings() { return null }
