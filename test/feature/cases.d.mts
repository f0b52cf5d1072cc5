export const kernels: string[]
export const cases: string[][]
