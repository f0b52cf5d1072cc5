/**
 * bpftool's JSON writer (json_writer.c): text as it is written, with its spacing in pretty mode. Values are numbers,
 * bigints, strings, booleans or null; `raw` writes text as it stands.
 */
export interface JsonWriter {
  startObject(): void
  endObject(): void
  startArray(): void
  endArray(): void
  name(name: string): void
  string(value: string): void
  number(value: number | bigint): void
  /** jsonw_printf. */
  raw(text: string): void
  bool(value: boolean): void
  nullValue(): void
  stringField(name: string, value: string): void
  numberField(name: string, value: number | bigint): void
  boolField(name: string, value: boolean): void
  /** "0x..." as jsonw_xint_field. */
  hexField(name: string, value: number | bigint): void
}
