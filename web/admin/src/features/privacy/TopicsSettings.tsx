export function TopicsSettings() { return null }
