import { readFileSync, readdirSync } from 'node:fs'

const OBJECTS = new URL('../../fixtures/obj/', import.meta.url)

export function fixtureNames(): string[] {
  return readdirSync(OBJECTS)
    .filter((name) => name.endsWith('.o'))
    .sort()
}

export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, OBJECTS)))
}

/** Answers of libbpf 1.8 (record.mjs). */
export function recorded<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`recorded/${name}`, import.meta.url), 'utf8')) as T
}
