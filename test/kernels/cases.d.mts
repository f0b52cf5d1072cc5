export const kernels: string[]
export const objects: Record<string, string>
export function steps(object: string): string[][]
