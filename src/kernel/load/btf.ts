/** Placeholder until the BTF checks are there. */
export function checkBtf(bytes: Uint8Array): void {
  void bytes
}
