export function CaughtPage() { return null }
