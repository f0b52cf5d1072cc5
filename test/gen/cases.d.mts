export const recordedFolder: string
export const commands: Readonly<Record<string, readonly string[]>>
export function wordsOf(command: string, file: string): string[]
export function objects(): Readonly<Record<string, string>>
export const minimal: Readonly<{ input: string; objects: readonly string[]; recorded: string }>
export const whole: readonly (readonly [string, string, string])[]
