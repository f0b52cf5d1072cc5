import type { HelperImpl } from './run.ts'

/** Helpers that work on maps. */
export const mapHelpers: Readonly<Record<string, HelperImpl>> = {}
