export function filesOf(): Record<string, string>
export function stepsOf(text: string): { argv: string[]; host?: true; stdin?: string }[]
