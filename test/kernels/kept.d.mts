export function kept(text: string): string
