export type RunAnswer = string | [retval: number, digest: string]
export type MapAnswer = string | [elements: number, digest: string]
export function keptRun(md5: string, end: string): RunAnswer
export function runOf(text: string): RunAnswer
export function mapOf(text: string): MapAnswer
